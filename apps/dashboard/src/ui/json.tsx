import { collapseAllNested, defaultStyles, JsonView } from 'react-json-view-lite';
import 'react-json-view-lite/dist/index.css';
import { CopyIcon } from './copyable.js';
import classes from './json.module.css';

/** Beyond this, chars, a payload starts collapsed. */
const OPEN_BELOW_CHARS = 2_000;
/** Beyond this, chars, it is not made a tree until somebody asks. */
const MAX_TREE_CHARS = 200_000;

/** Colours of ours, which have enough contrast in both schemes. */
const STYLES = {
  ...defaultStyles,
  container: classes['tree'] ?? '',
  label: classes['label'] ?? '',
  clickableLabel: classes['label'] ?? '',
  stringValue: classes['string'] ?? '',
  numberValue: classes['number'] ?? '',
  booleanValue: classes['number'] ?? '',
  nullValue: classes['none'] ?? '',
  undefinedValue: classes['none'] ?? '',
  otherValue: classes['string'] ?? '',
  punctuation: classes['none'] ?? '',
};

export interface JsonProps {
  readonly value: unknown;
  readonly what: string;
}

/** A payload as a tree that folds; what it says is text, never markup. */
export function Json({ value, what }: JsonProps) {
  if (value === null || value === undefined) return <span className={classes['none']}>none</span>;
  const text = JSON.stringify(value, null, 2);
  const isTree = typeof value === 'object' && text.length < MAX_TREE_CHARS;
  return (
    <div className={classes['json']}>
      <span className={classes['copy']}>
        <CopyIcon text={text} what={what} />
      </span>
      {isTree ? (
        <JsonView
          data={value}
          aria-label={what}
          shouldExpandNode={
            text.length < OPEN_BELOW_CHARS ? (level) => level < 4 : collapseAllNested
          }
          style={STYLES}
        />
      ) : (
        <pre className={classes['text']} tabIndex={0}>
          {text}
        </pre>
      )}
    </div>
  );
}
