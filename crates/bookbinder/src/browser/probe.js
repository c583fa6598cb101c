// Asked of each page when it has been loaded. The answer is a list of sentences, each about something
// that is wrong.
async (theme, patience) => {
    const wrong = [];
    const root = document.documentElement;
    const later = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

    // An element as a person would point to it.
    const named = (element) => {
        const name = [element.localName];
        if (element.id) {
            name.push(`#${element.id}`);
        } else if (typeof element.className === 'string' && element.className.trim()) {
            name.push(`.${element.className.trim().split(/\s+/)[0]}`);
        }
        const words = (element.textContent || '').trim().replace(/\s+/g, ' ');
        const within = element.closest('figure[id], section[id], [id]');
        // Mermaid's names are made up anew each time.
        const made = within?.id.startsWith('mermaid-') ? 'a diagram' : `#${within?.id}`;
        const place = within && within !== element ? ` in ${made}` : '';
        return `${name.join('')}${place}${words ? ` "${words.slice(0, 40)}"` : ''}`;
    };
    const seen = (element) => element.checkVisibility({ visibilityProperty: true })
        && [...element.getClientRects()].some((box) => box.width > 0 && box.height > 0);

    // Everything that may be folded or fetched late is there when it is looked at.
    const folded = [...document.querySelectorAll('details:not([open])')];
    for (const details of folded) {
        details.open = true;
    }
    for (const image of document.images) {
        image.loading = 'eager';
    }
    const until = performance.now() + patience;
    const drawn = () => document.querySelector('pre.mermaid:not(:has(svg))') === null;
    while (!drawn() && performance.now() < until) {
        await later(20);
    }
    await Promise.all([...document.images].map((image) => image.decode().catch(() => {})));
    await document.fonts.ready;
    // Two frames, so that what was drawn last has its place.
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));

    if (!root.classList.contains(theme)) {
        wrong.push(`the theme is not ${theme}: the root has the classes ${root.className}`);
    }

    // Pictures.
    for (const diagram of document.querySelectorAll('pre.mermaid')) {
        const svg = diagram.querySelector('svg');
        if (!svg) {
            wrong.push(`a diagram is not drawn: ${named(diagram)}`);
        } else if (svg.getAttribute('aria-roledescription') === 'error') {
            const drawn = (diagram.dataset.source || '').trim().split('\n')[0];
            wrong.push(`a diagram has a mistake: the one that begins "${drawn}"`);
        }
    }
    for (const image of document.images) {
        if (!image.complete || image.naturalWidth === 0) {
            wrong.push(`a picture is missing: ${image.getAttribute('src')}`);
        }
    }
    const drawings = [...document.querySelectorAll('main svg')]
        .filter((svg) => svg.ownerSVGElement === null);
    for (const svg of drawings) {
        const box = svg.getBoundingClientRect();
        if (box.width < 1 || box.height < 1) {
            wrong.push(`a drawing has no size: ${named(svg)}`);
            continue;
        }
        let smallest = null;
        for (const text of svg.querySelectorAll('text, foreignObject')) {
            const scale = text.getScreenCTM()?.a ?? 1;
            const size = parseFloat(getComputedStyle(text).fontSize) * Math.abs(scale);
            if (text.textContent.trim() !== '' && !(smallest?.size <= size)) {
                smallest = { text, size };
            }
            const inner = text.getBoundingClientRect();
            const cut = Math.max(box.left - inner.left, inner.right - box.right,
                box.top - inner.top, inner.bottom - box.bottom);
            if (inner.width > 0 && cut > 2) {
                wrong.push(`a drawing cuts off ${Math.round(cut)} px of ${named(text)}`);
            }
        }
        if (smallest?.size < 8) {
            wrong.push(`letters of ${smallest.size.toFixed(1)} px in a drawing, too small to be read: `
                + `${named(smallest.text)}; make it narrower`);
        }
    }

    // Width. What scrolls by itself may be as wide as it likes.
    const width = root.clientWidth;
    if (root.scrollWidth > width) {
        wrong.push(`the page is ${root.scrollWidth} px wide, and the window ${width}`);
    }
    const elsewhere = '#mdbook-sidebar, #mdbook-help-container, .theme-popup';
    const main = document.querySelector('main');
    const scrolls = (element) => {
        // What the whole page stands in is said to scroll as well, and does so downwards only.
        for (let at = element.parentElement; at && !at.contains(main); at = at.parentElement) {
            if (/auto|scroll/.test(getComputedStyle(at).overflowX)) {
                return true;
            }
        }
        return false;
    };
    let outside = null;
    for (const element of document.body.querySelectorAll('*')) {
        // The largest thing that sticks out is named, and not what is in it.
        if (outside?.contains(element) || element.closest(elsewhere) || element.ownerSVGElement) {
            continue;
        }
        const box = element.getBoundingClientRect();
        const over = Math.max(box.right - width, -box.left);
        if (over > 1 && box.height > 0 && seen(element) && !scrolls(element)) {
            outside = element;
            wrong.push(`${Math.round(over)} px stick out of the page: ${named(element)}`);
        }
    }

    // Colours. A canvas knows every way to write one.
    const canvas = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
    const known = new Map();
    const colour = (text, opacity = 1) => {
        if (!known.has(text)) {
            canvas.clearRect(0, 0, 1, 1);
            canvas.fillStyle = text;
            canvas.fillRect(0, 0, 1, 1);
            const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
            known.set(text, [red, green, blue, alpha / 255]);
        }
        const [red, green, blue, alpha] = known.get(text);
        return [red, green, blue, alpha * opacity];
    };
    const over = (front, back) => [0, 1, 2].map(
        (part) => front[part] * front[3] + back[part] * (1 - front[3]),
    ).concat(1);
    const light = (paint) => {
        const [red, green, blue] = paint.slice(0, 3).map((part) => {
            const value = part / 255;
            return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const contrast = (one, other) => {
        const [dark, bright] = [light(one), light(other)].sort((a, b) => a - b);
        return (bright + 0.05) / (dark + 0.05);
    };
    const canvasColour = over(colour(getComputedStyle(root).backgroundColor), [255, 255, 255, 1]);
    // What is painted behind a text: its ancestors' backgrounds, and in a drawing the shapes below.
    const stacked = (layers) => layers.reduceRight((back, front) => over(front, back), canvasColour);
    const behind = (element) => {
        const layers = [];
        for (let at = element; at; at = at.parentElement) {
            layers.push(colour(getComputedStyle(at).backgroundColor));
        }
        return stacked(layers);
    };
    const behindInDrawing = (element) => {
        const box = element.getBoundingClientRect();
        const there = document.elementsFromPoint(
            box.left + box.width / 2,
            box.top + box.height / 2,
        );
        const layers = [];
        for (const at of there) {
            if (at === element || element.contains(at) || at.closest('text')) {
                continue;
            }
            const style = getComputedStyle(at);
            const shape = at instanceof SVGGeometryElement;
            if (shape && style.fill !== 'none' && !style.fill.startsWith('url')) {
                layers.push(colour(style.fill, style.fillOpacity * style.opacity));
            } else if (!shape) {
                layers.push(colour(style.backgroundColor));
            }
        }
        return stacked(layers);
    };
    const opacity = (element) => {
        let product = 1;
        for (let at = element; at; at = at.parentElement) {
            product *= getComputedStyle(at).opacity;
        }
        return product;
    };
    const hex = (paint) => `#${paint.slice(0, 3)
        .map((part) => Math.round(part).toString(16).padStart(2, '0')).join('')}`;
    const told = new Set();
    for (const element of document.querySelectorAll('main, main *')) {
        const own = [...element.childNodes]
            .some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim() !== '');
        if (!own || element.closest('script, style, defs') || !seen(element)) {
            continue;
        }
        const style = getComputedStyle(element);
        const text = element instanceof SVGElement;
        const drawing = text || element.closest('svg') !== null;
        if (drawing) {
            element.scrollIntoView({ block: 'center', inline: 'center', behavior: 'instant' });
        }
        const back = drawing ? behindInDrawing(element) : behind(element);
        const front = over(colour(text ? style.fill : style.color, opacity(element)), back);
        const size = parseFloat(style.fontSize);
        const large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
        const found = contrast(front, back);
        const pair = `${hex(front)} on ${hex(back)}`;
        if (found < (large ? 3 : 4.5) - 0.005 && !told.has(pair)) {
            told.add(pair);
            wrong.push(`hard to read, contrast ${found.toFixed(2)}, ${pair}: ${named(element)}`);
        }
    }
    // As it was, for the picture.
    for (const details of folded) {
        details.open = false;
    }
    scrollTo(0, 0);
    return wrong;
}
