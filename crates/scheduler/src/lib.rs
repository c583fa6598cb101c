//! The work-stealing scheduler: seats, deques, inject queue, idle protocol.
