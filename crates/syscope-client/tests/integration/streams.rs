//! Streams of events.

use syscope_client::{Kind, LINE_MAX, Line};
use syscope_testing::agent::FakeAgent;

use crate::{client_of, named, wait};

#[test]
fn lines_come_as_they_were_sent() {
    let fake = FakeAgent::start("n1");
    let client = client_of(&fake);
    wait(async {
        assert_eq!(client.events("no").await.unwrap_err().kind(), Kind::NoJob);
        let id = client.create(&named("a")).await.unwrap().job.id;
        let mut events = client.events(&id).await.unwrap();
        fake.wait_for_watchers(1);
        let fake = &fake;
        let send = || {
            fake.send("{\"a\"");
            fake.send(":1}\n\n{\"b\":2}\r\n");
            fake.send(vec![b'x'; LINE_MAX]);
            fake.send("y\n{\"c\":3}\n{\"torn\"");
            fake.end(&id, syscope_api::End::Deleted);
        };
        std::thread::scope(|scope| {
            scope.spawn(send);
        });
        let mut lines = Vec::new();
        while let Some(line) = events.next().await.unwrap() {
            lines.push(line);
        }
        let json = |text: &str| Line::Json(text.into());
        assert_eq!(lines, [json("{\"a\":1}"), json("{\"b\":2}"), Line::TooLong, json("{\"c\":3}")]);
    });
}
