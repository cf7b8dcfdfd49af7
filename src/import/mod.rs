//! What the vendor's own programs and packages know of a tenant, for its profile.

pub mod cloud_connection;
mod location;
pub mod onboarding;
mod package;
mod settings;

pub use settings::{Import, LARGEST, from_cloud_connections, from_onboarding};
