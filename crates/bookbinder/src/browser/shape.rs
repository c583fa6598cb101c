//! The ways to see a page: on a desk or on a phone, by day or by night.

use super::devtools::Tab;
use serde_json::json;

/// A size of the window.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    pub(super) name: &'static str,
    pub(super) width: u32,
    height: u32,
    mobile: bool,
}

pub(super) const SHAPES: [Shape; 2] = [
    Shape { name: "desktop", width: 1280, height: 800, mobile: false },
    Shape { name: "phone", width: 390, height: 844, mobile: true },
];

impl Shape {
    pub(super) fn put_on(&self, tab: &mut Tab) -> Result<(), String> {
        let Self { width, height, mobile, .. } = *self;
        let parameters = json!({
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile,
        });
        tab.call("Emulation.setDeviceMetricsOverride", &parameters).map(drop)
    }
}

/// What the reader's system asks for. The book follows, as long as the reader has not chosen a theme.
#[derive(Clone, Copy)]
pub(super) enum Theme {
    Light,
    Dark,
}

impl Theme {
    pub(super) const ALL: [Self; 2] = [Self::Light, Self::Dark];

    /// The class that the page's root should have then.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "navy",
        }
    }

    pub(super) fn put_on(self, tab: &mut Tab) -> Result<(), String> {
        let scheme = match self {
            Self::Light => "light",
            Self::Dark => "dark",
        };
        let feature = json!({ "name": "prefers-color-scheme", "value": scheme });
        tab.call("Emulation.setEmulatedMedia", &json!({ "features": [feature] })).map(drop)
    }
}
