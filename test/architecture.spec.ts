import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, workspaces } from '../tools/paths.mjs';

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

const ARCHITECTURE = read('ARCHITECTURE.md');

/** The file that lists an invariant in its header: ` * S1  An ended saga …`. */
const DECLARED = /^ ?\* ([SEBLTAG]\d{1,2})\.? +\S/gm;

/** The model of a barrier sums up the real one's list in numbers of its own. */
const MODELS = ['libs/testing/src/world/barrier.ts', 'libs/testing/src/world/two-phase/branch.ts'];

function sources(): string[] {
  return workspaces()
    .flatMap((workspace) =>
      readdirSync(join(ROOT, workspace, 'src'), { recursive: true, encoding: 'utf8' }).map(
        (path) => `${workspace}/src/${path}`,
      ),
    )
    .filter((path) => path.endsWith('.ts') && !/\.(spec|property)\.ts$/.test(path))
    .filter((path) => !MODELS.includes(path));
}

function declared(): { number: string; path: string }[] {
  return sources().flatMap((path) =>
    [...read(path).matchAll(DECLARED)].map(([, number = '']) => ({ number, path })),
  );
}

interface Guarded {
  readonly number: string;
  readonly file: string;
  readonly title: string;
}

/** Rows of the tables of invariants: number, text, `file`, title. */
function guarded(): Guarded[] {
  const rows = ARCHITECTURE.matchAll(
    /^\| ([STEBLG]\d{1,2}) +\|[^|]+\| `([^`|]+)` +\| ([^|]+?) +\|$/gm,
  );
  return [...rows].map(([, number = '', file = '', title = '']) => ({ number, file, title }));
}

describe('ARCHITECTURE.md', () => {
  it('names each invariant that a header declares, and no other', () => {
    const numbers = declared().map(({ number }) => number);
    expect(numbers.length).toBeGreaterThan(20);
    expect(
      guarded()
        .map(({ number }) => number)
        .sort(),
    ).toEqual(numbers.sort());
  });

  it.each(guarded().map((row) => [row.number, row] as const))(
    'has a test that guards %s',
    (number, { file, title }) => {
      const text = existsSync(join(ROOT, file)) ? read(file) : '';
      expect({ file, exists: text !== '' }).toEqual({ file, exists: true });
      expect({ file, has: text.includes(title) ? title : null }).toEqual({ file, has: title });
      // A conformance suite speaks of the port; its adapter's numbers are not its own.
      if (!file.includes('/conformance/')) expect(text).toMatch(new RegExp(`\\b${number}\\b`));
    },
  );

  it('names each rule between the layers, and no other', () => {
    const rules = [...read('.dependency-cruiser.cjs').matchAll(/\bname: '([a-z-]+)'/g)];
    const named = [...ARCHITECTURE.matchAll(/^\| A\d+ +\| `([a-z-]+)`/gm)];
    const sorted = (found: RegExpExecArray[]) => found.map(([, name]) => name).sort();
    expect(sorted(named)).toEqual(sorted(rules));
  });

  it('has a row for each point at which a process can die', () => {
    const points = [...ARCHITECTURE.matchAll(/^\| ([CD]\d+) +\|/gm)].map(([, point]) => point);
    const ofSagas = Array.from({ length: 13 }, (_, index) => `C${index}`);
    const ofBranches = Array.from({ length: 6 }, (_, index) => `D${index + 1}`);
    expect(points).toEqual([...ofSagas, ...ofBranches]);
  });
});

describe('the documents', () => {
  const words = ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'];
  const documents = execFileSync('git', words, { cwd: ROOT, encoding: 'utf8' })
    .split('\n')
    .filter((path) => path !== '' && existsSync(join(ROOT, path)));

  it.each(documents)('%s points at files and sections that exist', (document) => {
    const text = read(document);
    const folder = join(document, '..');
    const links = [...text.matchAll(/\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]*))?\)/g)];
    const broken = links.filter(([, path = '', section]) => {
      const target = path === '' ? document : join(folder, path);
      if (!existsSync(join(ROOT, target))) return true;
      return section !== undefined && !sectionsOf(read(target)).includes(section);
    });
    expect(broken.map(([link]) => link)).toEqual([]);

    const named = [
      ...text.matchAll(/`((?:libs|apps|test|tools|migrations|bench|docs)\/[\w./-]+)`/g),
    ];
    const missing = named.filter(([, path = '']) => !existsSync(join(ROOT, path)));
    expect(missing.map(([, path]) => path)).toEqual([]);
  });
});

/** Anchors of the headings, as GitHub makes them. */
function sectionsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}
