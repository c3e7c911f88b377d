//! What counts against a limit.

use roomkey_core::time::{Instant, Minutes};

use super::{NOW, TestDatabase, on_both, run};

on_both!(who_read_the_clock_later_and_was_faster_counts);

fn who_read_the_clock_later_and_was_faster_counts(database: &TestDatabase) {
    run(async {
        let store = database.open();
        let (long_ago, now) = (NOW.minus(Minutes(60)), NOW);
        let tried = [
            ("an hour ago", long_ago),
            ("a moment ago", now.plus_micros(-1)),
            ("a moment later", now.plus_micros(5_000)),
            ("by a clock that is wrong", now.plus(Minutes(2))),
        ];
        store
            .write(move |tx| {
                for (id, at) in tried {
                    tx.record_attempt(id, "bucket", at)?;
                }
                tx.record_attempt("elsewhere", "another bucket", now)
            })
            .await
            .unwrap();
        let counted: (u32, Option<Instant>) =
            store.read(move |tx| tx.count_attempts("bucket", long_ago, now)).await.unwrap();
        assert_eq!(counted, (2, Some(now.plus_micros(-1))));
    });
}
