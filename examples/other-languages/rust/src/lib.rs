//! The client. build.rs generates it.

include!(concat!(env!("OUT_DIR"), "/helmr.rs"));
