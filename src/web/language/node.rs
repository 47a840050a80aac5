//! The nodes that share the stores.

/// Words of the page of nodes.
#[derive(Debug)]
pub struct Nodes {
    /// Title of the page.
    pub title: &'static str,
    /// Heading of this node.
    pub this: &'static str,
    /// Name of a fact.
    pub number: &'static str,
    /// Name of a fact.
    pub engine: &'static str,
    /// Name of a fact.
    pub version: &'static str,
    /// Name of a fact.
    pub uptime: &'static str,
    /// Name of a fact.
    pub lease: &'static str,
    /// Name of a fact.
    pub clock: &'static str,
    /// Heading of the nodes with a lease.
    pub all: &'static str,
    /// Shown if the stores are files.
    pub alone: &'static str,
    /// Heading of a column.
    pub address: &'static str,
    /// Heading of a column.
    pub host: &'static str,
    /// Heading of a column.
    pub process: &'static str,
    /// Heading of a column.
    pub since: &'static str,
    /// Heading of a column.
    pub heartbeat: &'static str,
}

/// The words in English.
pub const ENGLISH: Nodes = Nodes {
    title: "Nodes",
    this: "This node",
    number: "Number",
    engine: "Engine of the stores",
    version: "Version",
    uptime: "Running for",
    lease: "May write",
    clock: "Clock ahead of the database's",
    all: "Nodes with a lease",
    alone: "The stores are files: this process is the only one that uses them.",
    address: "Address",
    host: "Machine",
    process: "Process",
    since: "Since",
    heartbeat: "Last heartbeat",
};

/// The words in Chinese.
pub const CHINESE: Nodes = Nodes {
    title: "节点",
    this: "本节点",
    number: "编号",
    engine: "存储引擎",
    version: "版本",
    uptime: "运行时长",
    lease: "可写入",
    clock: "时钟领先数据库",
    all: "持有租约的节点",
    alone: "数据存储在文件中，仅由本进程使用。",
    address: "地址",
    host: "主机",
    process: "进程",
    since: "启动时间",
    heartbeat: "最近心跳",
};
