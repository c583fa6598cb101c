// What is folded away is wanted on paper, but for the steps' whole files: their differences are there.
addEventListener('beforeprint', () => {
    for (const folded of document.querySelectorAll('details:not(.file)')) {
        folded.open = true;
    }
});

// Diagrams in the colours of the theme, also when it changes. The library is large, so it is loaded
// where there is a diagram, and nowhere else.
(() => {
    const diagrams = [...document.querySelectorAll('pre.mermaid')];
    if (diagrams.length === 0) {
        return;
    }
    for (const diagram of diagrams) {
        diagram.dataset.source = diagram.textContent;
    }
    const wanted = () => (document.documentElement.classList.contains('navy') ? 'dark' : 'default');
    // The library's own greys are too near to each other to be read in the dark.
    const readable = {
        dark: { edgeLabelBackground: '#333333', noteTextColor: '#f0f0f0' },
        default: {},
    };
    let drawn = null;
    let drawing = Promise.resolve();

    // One after another: the library keeps its settings in one place.
    const draw = () => {
        drawing = drawing.then(async () => {
            const theme = wanted();
            if (theme === drawn) {
                return;
            }
            drawn = theme;
            for (const diagram of diagrams) {
                diagram.removeAttribute('data-processed');
                diagram.textContent = diagram.dataset.source;
            }
            mermaid.initialize({ startOnLoad: false, theme, themeVariables: readable[theme] });
            try {
                await mermaid.run({ nodes: diagrams });
            } finally {
                // On a phone, a diagram that is too wide scrolls, before its letters become too small.
                for (const svg of document.querySelectorAll('pre.mermaid svg')) {
                    svg.style.minWidth = `${0.6 * svg.viewBox.baseVal.width}px`;
                }
            }
        }).catch((error) => console.error(String(error.message ?? error).replace(/\s+/g, ' ')));
    };

    const library = document.createElement('script');
    library.src = path_to_root + 'mermaid.min.js';
    library.onload = () => {
        draw();
        new MutationObserver(draw).observe(document.documentElement, {
            attributes: true,
            attributeFilter: ['class'],
        });
    };
    document.head.append(library);
})();
