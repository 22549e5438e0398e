//! `/api/v1/containers`, `/api/v1/cgroups`, `/api/v1/processes`: what the agent knows of.

use axum::extract::State;
use axum::routing::get;
use http::HeaderMap;
use syscope_api::Containers;
use syscope_output::record::{CgroupEntry, ProcessEntry};

use crate::app::App;
use crate::encoding::{Encoded, takes_gzip};
use crate::openapi::Operation;
use crate::router::Route;
use crate::routes::Answer;

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::new(
            "/api/v1/containers",
            get(containers),
            Operation::new("get", "listContainers", "The containers that are known")
                .json::<Containers>(200, "The containers."),
        ),
        Route::new(
            "/api/v1/cgroups",
            get(cgroups),
            Operation::new("get", "listCgroups", "The cgroups that are known").json::<Vec<CgroupEntry>>(
                200,
                "The cgroups: the same objects as `syscope cgroups -o json` prints.",
            ),
        ),
        Route::new(
            "/api/v1/processes",
            get(processes),
            Operation::new("get", "listProcesses", "The processes that exist").json::<Vec<ProcessEntry>>(
                200,
                "The processes: the same objects as `syscope ps -o json` prints.",
            ),
        ),
    ]
}

async fn containers(State(app): State<App>, headers: HeaderMap) -> Answer {
    let gzip = takes_gzip(&headers);
    Ok(app.ask_json(gzip, |node| Ok(node.containers())).await?.json(gzip))
}

async fn cgroups(State(app): State<App>, headers: HeaderMap) -> Answer {
    let gzip = takes_gzip(&headers);
    Ok(app.ask(move |node| Ok(Encoded::new(node.cgroups()?, gzip))).await?.json(gzip))
}

async fn processes(State(app): State<App>, headers: HeaderMap) -> Answer {
    let gzip = takes_gzip(&headers);
    Ok(app.ask(move |node| Ok(Encoded::new(node.processes()?, gzip))).await?.json(gzip))
}
