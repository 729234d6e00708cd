//! Signal queues and ksiginfo.
