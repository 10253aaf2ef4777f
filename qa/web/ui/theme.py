"""The theme, which gives Gradio's own parts the colours and fonts of the page."""

from __future__ import annotations

import gradio as gr

_SANS = ("ui-sans-serif", "system-ui", "sans-serif")
_MONO = ("ui-monospace", "Consolas", "monospace")
_WEIGHTS = (400, 700)  # Gradio's semi-bold font lacks some letters

# A variable of base.css, and the variables of Gradio that get its colour
_COLOURS = {
    "ground": "body_background_fill",
    "ink": "body_text_color block_title_text_color button_secondary_text_color",
    "quiet": "body_text_color_subdued block_label_text_color input_placeholder_color",
    "paper": "background_fill_primary block_background_fill input_background_fill",
    "wash": "background_fill_secondary color_accent_soft button_secondary_background_fill",
    "line": "border_color_primary block_border_color input_border_color button_secondary_background_fill_hover",
    "focus": "border_color_accent input_border_color_focus",
    "link": "link_text_color link_text_color_hover link_text_color_active link_text_color_visited",
    "accent": "button_primary_background_fill",
    "accent-strong": "button_primary_background_fill_hover",
    "on-accent": "button_primary_text_color",
}
_SHAPES = {
    "block_radius": "10px",
    "container_radius": "10px",
    "input_radius": "8px",
    "button_large_radius": "8px",
    "button_small_radius": "8px",
}


def theme() -> gr.themes.Base:
    """Return the theme, whose colours are variables that base.css sets for light and for dark."""
    colours = {name: f"var(--{variable})" for variable, names in _COLOURS.items() for name in names.split()}
    dark = {f"{name}_dark": value for name, value in colours.items()}
    base = gr.themes.Base(
        font=[gr.themes.LocalFont("Source Sans Pro", weights=_WEIGHTS), *_SANS],
        font_mono=_MONO,
        neutral_hue=gr.themes.colors.stone,
    )
    return base.set(**colours, **dark, **_SHAPES)
