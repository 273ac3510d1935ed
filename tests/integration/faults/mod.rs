//! The seeds' faults made real, each with its healthy twin.
//!
//! Every test first shows by plain means that the fault is there, then asks the program, with the mother local and over SSH.

mod hosts;
