import { Accordion } from '@mantine/core';
import { Tag } from '../ui/badge.js';
import { Json } from '../ui/json.js';
import { Panel } from '../ui/page.js';
import { BranchLine } from './branch-line.js';
import { branchStateOf } from './branch-state.js';
import classes from './steps.module.css';
import type { StepsProps } from './steps.js';

/** Each branch of a two-phase transaction: its vote, and whether it knows the decision. */
export function Branches({ transaction, open, setOpen }: StepsProps) {
  const { branches = [], decision = null, heuristic = null } = transaction;
  const words = `Decision: ${decision ?? 'none yet'}`;
  return (
    <Panel
      title="Branches"
      aside={
        <span>
          {words} {heuristic !== null && <Tag tone="bad">heuristic {heuristic}</Tag>}
        </span>
      }
      flush
    >
      <Accordion
        value={open ?? null}
        onChange={(branch) => setOpen(branch ?? undefined)}
        transitionDuration={0}
        keepMounted={false}
        classNames={{ label: classes['label'] ?? '', content: classes['content'] ?? '' }}
      >
        {branches.map((branch) => (
          <Accordion.Item key={branch.name} value={branch.name}>
            <Accordion.Control>
              <BranchLine
                branch={branch}
                state={branchStateOf(branch, decision)}
                decision={decision}
              />
            </Accordion.Control>
            <Accordion.Panel>
              <div className={classes['payloads']}>
                <Json value={branch.request} what={`request to ${branch.name}`} />
                <Json value={branch.reply} what={`reply of ${branch.name}`} />
              </div>
            </Accordion.Panel>
          </Accordion.Item>
        ))}
      </Accordion>
    </Panel>
  );
}
