//! adapter-blocking
