/** Documents that carry generated diagrams. */
export const DOCUMENTS = [
  'ARCHITECTURE.md',
  'docs/concepts/sagas.md',
  'docs/concepts/two-phase-commit.md',
];

const PLACE = /(<!-- diagram: ([a-z -]+) -->\n\n)[^]*?(\n\n<!-- end -->)/g;

/**
 * `text` with every diagram between its marks as it is made now.
 *
 * @param {string} text
 * @param {Readonly<Record<string, string>>} diagrams
 */
export function withDiagrams(text, diagrams) {
  return text.replaceAll(PLACE, (_, head, name, tail) => {
    const diagram = diagrams[name];
    if (diagram === undefined) throw new Error(`there is no diagram ${name}`);
    return `${head}${diagram}${tail}`;
  });
}

/** The names of the diagrams in `text`. @param {string} text */
export function diagramsIn(text) {
  return [...text.matchAll(PLACE)].map(([, , name]) => name);
}
