"""The look that Gradio's own parts take: the colours of base.css, its faces, and no shadow."""

from __future__ import annotations

import gradio as gr

_SANS = ("ui-sans-serif", "system-ui", "sans-serif")
_MONO = ("ui-monospace", "Consolas", "monospace")
_WEIGHTS = (400, 700)  # Gradio ships a semi-bold face too, which lacks letters

_COLOURS = {
    "body_background_fill": "var(--ground)",
    "body_text_color": "var(--ink)",
    "body_text_color_subdued": "var(--quiet)",
    "background_fill_primary": "var(--paper)",
    "background_fill_secondary": "var(--wash)",
    "border_color_primary": "var(--line)",
    "border_color_accent": "var(--focus)",
    "color_accent_soft": "var(--wash)",
    "link_text_color": "var(--link)",
    "link_text_color_hover": "var(--link)",
    "link_text_color_active": "var(--link)",
    "link_text_color_visited": "var(--link)",
    "block_background_fill": "var(--paper)",
    "block_border_color": "var(--line)",
    "block_label_text_color": "var(--quiet)",
    "block_title_text_color": "var(--ink)",
    "input_background_fill": "var(--paper)",
    "input_border_color": "var(--line)",
    "input_border_color_focus": "var(--focus)",
    "input_placeholder_color": "var(--quiet)",
    "button_primary_background_fill": "var(--accent)",
    "button_primary_background_fill_hover": "var(--accent-strong)",
    "button_primary_text_color": "var(--on-accent)",
    "button_secondary_background_fill": "var(--wash)",
    "button_secondary_background_fill_hover": "var(--line)",
    "button_secondary_text_color": "var(--ink)",
}
_SHAPES = {
    "block_border_width": "1px",
    "block_shadow": "none",
    "block_radius": "10px",
    "container_radius": "10px",
    "input_radius": "8px",
    "input_shadow": "none",
    "input_shadow_focus": "none",
    "button_large_radius": "8px",
    "button_small_radius": "8px",
    "button_primary_shadow": "none",
    "button_secondary_shadow": "none",
}


def theme() -> gr.themes.Base:
    """Return the theme; the same names in light and dark, since base.css gives each its colours."""
    dark = {f"{name}_dark": value for name, value in _COLOURS.items()}
    made = gr.themes.Base(
        font=[gr.themes.LocalFont("Source Sans Pro", weights=_WEIGHTS), *_SANS],
        font_mono=[gr.themes.LocalFont("IBM Plex Mono", weights=_WEIGHTS), *_MONO],
        neutral_hue=gr.themes.colors.stone,
    )
    return made.set(**_COLOURS, **dark, **_SHAPES)
