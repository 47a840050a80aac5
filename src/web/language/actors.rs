//! The page of the actors.

/// Words of the page of the actors.
#[derive(Debug)]
pub struct Actors {
    /// Title of the page.
    pub title: &'static str,
    /// Heading of a column.
    pub name: &'static str,
    /// Heading: tasks per second.
    pub rate: &'static str,
    /// Heading: 99th percentile of the latency.
    pub p99: &'static str,
    /// Heading: tasks that wait.
    pub depth: &'static str,
    /// Heading: tasks that run.
    pub in_flight: &'static str,
    /// Heading: tasks per batch.
    pub batch: &'static str,
    /// Heading: tasks with an outcome.
    pub processed: &'static str,
    /// Heading: tasks without an outcome.
    pub failed: &'static str,
    /// Heading: tasks that were run again.
    pub retried: &'static str,
    /// Heading: restarts.
    pub restarts: &'static str,
    /// Heading: the last failure.
    pub last_error: &'static str,
    /// State of an actor.
    pub running: &'static str,
    /// State of an actor.
    pub restarting: &'static str,
    /// State of an actor.
    pub stopped: &'static str,
    /// State of a store.
    pub store_away: &'static str,
    /// State of a store.
    pub read_only: &'static str,
    /// Heading of the plots.
    pub history: &'static str,
    /// Shown without scripts.
    pub no_script: &'static str,
    /// Title of a plot.
    pub waiting_messages: &'static str,
    /// Title of a plot.
    pub orders: &'static str,
}

/// The words in English.
pub const ENGLISH: Actors = Actors {
    title: "Actors",
    name: "Actor",
    rate: "Tasks/s",
    p99: "p99 (ms)",
    depth: "Queue",
    in_flight: "In flight",
    batch: "Tasks/batch",
    processed: "Processed",
    failed: "Failed",
    retried: "Retried",
    restarts: "Restarts",
    last_error: "Last failure",
    running: "running",
    restarting: "restarting",
    stopped: "stopped",
    store_away: "store unreachable",
    read_only: "store read-only",
    history: "Last 15 minutes",
    no_script: "The plots need JavaScript; the table above has the present figures.",
    waiting_messages: "Messages that wait",
    orders: "Orders/s",
};

/// The words in Chinese.
pub const CHINESE: Actors = Actors {
    title: "执行单元",
    name: "执行单元",
    rate: "任务/秒",
    p99: "p99（毫秒）",
    depth: "排队",
    in_flight: "执行中",
    batch: "每批任务",
    processed: "已处理",
    failed: "失败",
    retried: "重试",
    restarts: "重启",
    last_error: "最近一次失败",
    running: "运行中",
    restarting: "重启中",
    stopped: "已停止",
    store_away: "存储不可达",
    read_only: "存储只读",
    history: "最近 15 分钟",
    no_script: "曲线图需要 JavaScript；当前数据见上表。",
    waiting_messages: "待投递消息",
    orders: "订单/秒",
};
