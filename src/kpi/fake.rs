pub mod functions {}
pub mod pcpu {}
