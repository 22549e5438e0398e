//! Following a job through the life of its agent.

use std::time::Duration;

use syscope_api::{End, TraceRequest};
use syscope_client::Agent;
use syscope_client::follow::{Is, News, Want, follow};
use syscope_testing::agent::{FakeAgent, Options};
use tokio::sync::{mpsc, watch};

use crate::{LIMIT, client_of, named};

/// A follower in a thread, and what it tells.
struct Followed {
    news: mpsc::Receiver<(usize, News)>,
    stop: watch::Sender<bool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Followed {
    fn new(agent: Agent, want: Want) -> Followed {
        let (tell, news) = mpsc::channel(64);
        let (stop, stopped) = watch::channel(false);
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(follow(agent, want, tell, 7, stopped));
        });
        Followed { news, stop, thread: Some(thread) }
    }

    fn next(&mut self) -> News {
        crate::wait(async {
            let (index, news) = self.news.recv().await.expect("news");
            assert_eq!(index, 7);
            news
        })
    }

    fn up(&mut self) -> (String, bool) {
        match self.next() {
            News::Up { job, again } => (job.id, again),
            other => panic!("{other:?}"),
        }
    }

    fn ends(mut self) -> Vec<News> {
        let end = std::time::Instant::now() + LIMIT;
        let thread = self.thread.take().unwrap();
        while !thread.is_finished() {
            assert!(std::time::Instant::now() < end, "the follower does not end");
            std::thread::sleep(Duration::from_millis(2));
        }
        thread.join().unwrap();
        std::iter::from_fn(|| self.news.try_recv().ok()).map(|(_, news)| news).collect()
    }

    fn stop(self) -> Vec<News> {
        self.stop.send(true).unwrap();
        self.ends()
    }
}

fn own(name: &str) -> Want {
    Want::Own { request: Box::new(named(name)), unique: true }
}

#[test]
fn a_job_of_our_own_is_deleted_when_we_stop() {
    let fake = FakeAgent::start("n1");
    let mut followed = Followed::new(client_of(&fake), own("mine"));
    assert_eq!(followed.up(), ("n1-1".to_owned(), false));
    fake.wait_for_watchers(1);
    fake.open(1, 0, "/a");
    let News::Lines(lines) = followed.next() else { panic!("no lines") };
    assert_eq!((lines.len(), lines[0].kind, lines[0].has_node), (1, Is::Event, true));
    assert!(followed.stop().is_empty());
    assert_eq!(fake.jobs(), []);
}

#[test]
fn a_job_of_others_is_left_alone() {
    let fake = FakeAgent::start("n1");
    crate::wait(client_of(&fake).create(&named("theirs"))).unwrap();
    // One that we would have made if it had not been there is not ours either.
    let request: Box<TraceRequest> = Box::new(named("theirs"));
    for want in [Want::Job("theirs".into()), Want::Job("n1-1".into()), Want::Own { request, unique: false }] {
        let mut followed = Followed::new(client_of(&fake), want);
        assert_eq!(followed.up(), ("n1-1".to_owned(), false));
        assert!(followed.stop().is_empty());
        assert_eq!(fake.jobs().len(), 1);
    }
    let mut followed = Followed::new(client_of(&fake), Want::Job("nobody's".into()));
    assert!(matches!(followed.next(), News::NoJob));
    followed.ends();
}

#[test]
fn the_end_of_a_job_is_the_end() {
    let fake = FakeAgent::start("n1");
    for (told, end) in [(true, End::MaxEvents), (false, End::Duration), (true, End::Deleted)] {
        let mut followed = Followed::new(client_of(&fake), own("mine"));
        let (id, _) = followed.up();
        fake.wait_for_watchers(1);
        if told {
            fake.send(format!("{{\"type\":\"end\",\"reason\":{}}}\n", serde_json::to_string(&end).unwrap()));
            assert!(matches!(followed.next(), News::Lines(_)));
        }
        fake.end(&id, end);
        assert!(matches!(followed.next(), News::Ended(Some(why)) if why == end));
        assert!(followed.ends().is_empty());
        assert_eq!(fake.jobs(), []);
    }
}

#[test]
fn an_agent_that_comes_back_gets_its_job_again() {
    let fake = FakeAgent::start("n1");
    let port = fake.port();
    let mut followed = Followed::new(client_of(&fake), own("mine"));
    followed.up();
    fake.wait_for_watchers(1);
    // Its jobs are lost, but it is there.
    fake.lose_jobs();
    assert_eq!(followed.up(), ("n1-2".to_owned(), true));
    // It goes, and another comes in its place.
    drop(fake);
    assert!(matches!(followed.next(), News::Down(_)));
    let fake = FakeAgent::with(Options { node: "n2".into(), port, ..Options::default() });
    assert_eq!(followed.up(), ("n2-1".to_owned(), true));
    // Said once, though it was tried more often.
    assert!(followed.stop().is_empty());
    assert_eq!(fake.jobs(), []);
}

#[test]
fn a_job_that_ended_because_we_were_away_is_made_again() {
    let fake = FakeAgent::start("n1");
    let mut followed = Followed::new(client_of(&fake), own(""));
    let (id, _) = followed.up();
    fake.wait_for_watchers(1);
    fake.send("{\"type\":\"end\",\"reason\":\"shutdown\"}\n");
    assert!(matches!(followed.next(), News::Lines(_)));
    fake.lose_jobs();
    let (again, new) = followed.up();
    assert!(new && again != id);
    followed.stop();
}

#[test]
fn a_refusal_ends_it() {
    let fake = FakeAgent::with(Options { refuses: Some((422, "no such call".into())), ..Options::default() });
    let mut followed = Followed::new(client_of(&fake), own("mine"));
    assert!(matches!(followed.next(), News::Refused(err) if err.to_string().ends_with("no such call")));
    assert!(followed.ends().is_empty());
}

#[test]
fn a_job_that_cannot_be_deleted_is_told() {
    let fake = FakeAgent::start("n1");
    let mut followed = Followed::new(client_of(&fake), own("mine"));
    followed.up();
    drop(fake);
    assert!(matches!(followed.next(), News::Down(_)));
    let news = followed.stop();
    assert!(matches!(&news[..], [News::Left(id, _)] if id == "n1-1"), "{news:?}");
}

#[test]
fn a_job_of_others_that_has_got_our_id_is_left_alone() {
    let fake = FakeAgent::start("n1");
    let port = fake.port();
    let mut followed = Followed::new(client_of(&fake), own("mine"));
    assert_eq!(followed.up(), ("n1-1".to_owned(), false));
    drop(fake);
    assert!(matches!(followed.next(), News::Down(_)));
    let fake = FakeAgent::with(Options { node: "n1".into(), port, ..Options::default() });
    crate::wait(client_of(&fake).create(&named("theirs"))).unwrap();
    let (id, again) = followed.up();
    // Which of both came first is chance.
    assert!(again && (id == "n1-1" || id == "n1-2"));
    assert!(followed.stop().is_empty());
    let left: Vec<_> = fake.jobs().into_iter().filter_map(|job| job.name).collect();
    assert_eq!(left, ["theirs"]);
}
