// The words of a page that are hard to read: less contrast than WCAG 2.2 AA asks for (4.5 : 1; 3 : 1 where
// they are large). `["2.10 #777777 on #ffffff: td.meta 'words'", …]`, each pair of colours of a kind once.
(() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const known = new Map();

  function rgba(color) {
    if (!known.has(color)) {
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = color;
      canvas.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
      known.set(color, [r, g, b, a / 255]);
    }
    return known.get(color);
  }

  const over = ([r, g, b, a], [R, G, B]) => [r * a + R * (1 - a), g * a + G * (1 - a), b * a + B * (1 - a), 1];

  /** What is behind the text of an element: the backgrounds of its ancestors, one over the other. */
  function background(element) {
    const layers = [];
    for (let at = element; at; at = at.parentElement) {
      const style = getComputedStyle(at);
      const color = rgba(style.backgroundColor);
      if (color[3] > 0) layers.push(color);
      if (color[3] === 1) break;
    }
    const page = matchMedia("(prefers-color-scheme: dark)").matches && getComputedStyle(document.documentElement).colorScheme.includes("dark");
    return layers.reduceRight((behind, layer) => over(layer, behind), page ? [18, 18, 18, 1] : [255, 255, 255, 1]);
  }

  function luminance([r, g, b]) {
    const [R, G, B] = [r, g, b].map((part) => {
      const value = part / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * R + 0.7152 * G + 0.0722 * B;
  }

  function opacity(element) {
    let found = 1;
    for (let at = element; at; at = at.parentElement) found *= Number(getComputedStyle(at).opacity);
    return found;
  }

  const hex = (color) => "#" + color.slice(0, 3).map((part) => Math.round(part).toString(16).padStart(2, "0")).join("");
  const seen = new Set();
  const bad = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.data.trim();
    const element = walker.currentNode.parentElement;
    if (!text || !element || ["SCRIPT", "STYLE", "NOSCRIPT", "OPTION", "TEMPLATE"].includes(element.tagName)) continue;
    const style = getComputedStyle(element);
    const kind = `${element.tagName}.${element.className} ${style.color} ${element.parentElement.className}`;
    if (seen.has(kind)) continue;
    if (!element.checkVisibility({ visibilityProperty: true }) || element.closest("[aria-hidden=true], [disabled]")) continue;
    const box = element.getBoundingClientRect();
    if (box.width < 2 || box.height < 2) continue; // for screen readers only
    const shown = opacity(element);
    if (shown === 0) continue;
    seen.add(kind);
    const behind = background(element);
    const [r, g, b, a] = rgba(style.color);
    const color = over([r, g, b, a * shown], behind);
    const [light, dark] = [luminance(color), luminance(behind)].sort((one, other) => other - one);
    const ratio = (light + 0.05) / (dark + 0.05);
    const size = parseFloat(style.fontSize);
    const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (isLarge ? 3 : 4.5)) {
      bad.push(`${ratio.toFixed(2)} ${hex(color)} on ${hex(behind)}: ${element.tagName.toLowerCase()}.${element.className} '${text.slice(0, 30)}'`);
    }
  }
  return bad;
})()
