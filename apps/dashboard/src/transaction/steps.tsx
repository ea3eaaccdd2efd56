import { StepBadge } from '../ui/badge.js';
import { Json } from '../ui/json.js';
import { Panel } from '../ui/page.js';
import type { Transaction } from './transaction.js';

export function Steps({ transaction }: { transaction: Transaction }) {
  return (
    <Panel title="Steps">
      {transaction.steps.map((step) => (
        <div key={step.name}>
          {step.name} <StepBadge state={step.state} />
          <Json value={step.action.request} what={`request of ${step.name}`} />
        </div>
      ))}
    </Panel>
  );
}
