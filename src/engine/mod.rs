//! Runs connect, ask and decide over a plan.
