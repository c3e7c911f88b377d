use roomkey_core::event_type::Location;

/// Where people will meet, as an offer tells it to everybody. Numbers and addresses on the web are for
/// those who have booked.
#[derive(Debug)]
pub(crate) struct Meets {
    pub(crate) icon: &'static str,
    pub(crate) name: String,
    /// The rest of the sentence, if there is more to say.
    pub(crate) more: &'static str,
    pub(crate) is_room: bool,
    /// What comes by mail.
    pub(crate) by_mail: &'static str,
}

impl Meets {
    pub(crate) fn new(location: &Location) -> Self {
        let (icon, name, more) = match location {
            Location::Jitsi => (
                "video",
                "Private video room",
                "Link and password come by email, nothing to install.",
            ),
            Location::Phone(_) => ("phone", "Phone call", "You call. The number comes by email."),
            Location::Call => {
                ("phone", "Phone call", "You are called at the number that you give.")
            }
            Location::InPerson(place) => ("pin", place.as_str(), ""),
            Location::Link(_) => ("external", "Online", "The link comes by email."),
        };
        Self {
            icon,
            name: name.to_owned(),
            more,
            is_room: *location == Location::Jitsi,
            by_mail: match location {
                Location::Jitsi => "Your room link and password go here.",
                Location::Phone(_) => "The number to call goes here.",
                Location::Link(_) => "The link goes here.",
                Location::Call | Location::InPerson(_) => "Your confirmation goes here.",
            },
        }
    }
}
