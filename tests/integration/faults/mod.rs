//! The seeds' faults made real, each with its healthy twin.
//!
//! Every test first shows by plain means that the fault is there, then asks the program, with the mother local and over SSH.

mod conntrack_tools;
mod container;
mod docker;
mod docker_connection;
mod forwarding;
mod hosts;
mod leftover_socket;
mod log_driver;
mod login_shells;
mod old_openssh;
mod podman_connection;
mod remote_tmp;
mod swarm;
mod udp_flow;
mod vagrant;
mod whole_site;
