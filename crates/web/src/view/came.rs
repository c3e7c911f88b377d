use roomkey_core::booking::Attendance;

/// A mark of whether somebody came: as a badge, and as the button that makes it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Came {
    pub(crate) word: &'static str,
    pub(crate) icon: &'static str,
    /// The badge's class.
    pub(crate) badge: &'static str,
    /// The end of the address that marks so.
    pub(crate) path: &'static str,
}

impl From<Attendance> for Came {
    fn from(attendance: Attendance) -> Self {
        match attendance {
            Attendance::Attended => {
                Self { word: "Attended", icon: "check", badge: "badge--ok", path: "attended" }
            }
            Attendance::NoShow => {
                Self { word: "No-show", icon: "x", badge: "badge--bad", path: "no-show" }
            }
        }
    }
}

impl Came {
    /// The marks that can take the place of the present one.
    pub(crate) fn others(present: Option<Attendance>) -> Vec<Self> {
        let others = Attendance::ALL.into_iter().filter(|mark| Some(*mark) != present);
        others.map(Self::from).collect()
    }
}
