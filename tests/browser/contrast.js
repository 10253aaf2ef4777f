// The contrast of each text on the page against what is behind it, as WCAG 2 computes it, by the text.
({ within = "#masthead *, #chat .message *, #source *", except = "button, style, .hidden" } = {}) => {
  const channels = (colour) => (colour.match(/[\d.]+/g) ?? []).map(Number);
  const luminance = ([red, green, blue]) => {
    const linear = [red, green, blue].map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  };
  const behind = (part) => {
    for (let node = part; node; node = node.parentElement) {
      const colour = channels(getComputedStyle(node).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const ratios = {};
  for (const part of document.querySelectorAll(within)) {
    const text = [...part.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE).map((node) => node.data).join("").trim();
    if (!text || part.closest(except) || !part.offsetHeight) continue;
    const [front, back] = [luminance(channels(getComputedStyle(part).color)), luminance(behind(part))];
    ratios[text] = (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
  }
  return ratios;
}
