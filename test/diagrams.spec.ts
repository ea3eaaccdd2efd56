import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as core from '@skald/core';
import { diagramsIn, DOCUMENTS, withDiagrams } from '../tools/diagrams/documents.mjs';
import { mixedDiagrams } from '../tools/diagrams/mixed.mjs';
import { twoPhaseDiagrams } from '../tools/diagrams/two-phase.mjs';
import { ROOT } from '../tools/paths.mjs';

const read = (document: string) => readFileSync(join(ROOT, document), 'utf8');
const diagrams = { ...twoPhaseDiagrams(core), ...mixedDiagrams(core) };

/** Tables are aligned by the formatter. */
const plain = (text: string) => text.replaceAll(/ +/g, ' ').replaceAll(/-{3,}/g, '---');

test.each(DOCUMENTS)(
  'the diagrams of %s are what the transition does (npm run diagrams)',
  (document) => {
    const text = read(document);
    expect(plain(text)).toBe(plain(withDiagrams(text, diagrams)));
  },
);

test('every diagram stands in a document', () => {
  const shown = DOCUMENTS.flatMap((document) => diagramsIn(read(document)));
  expect(new Set(shown)).toEqual(new Set(Object.keys(diagrams)));
});
