import { createHash } from 'node:crypto';
import { DefinitionError, identityOf, type Definition } from '@skald/core';
import type { DefinitionCatalogue, RegisteredDefinition } from './api.js';
import { machineFor } from './machine.js';

/** The definitions of one instance, by name and version, with their hashes. */
export class Catalogue implements DefinitionCatalogue {
  private readonly byName = new Map<string, RegisteredDefinition[]>();

  /** @throws DefinitionError when two definitions share name and version. */
  constructor(definitions: readonly Definition[]) {
    for (const definition of definitions) this.add(definition);
  }

  all(): readonly RegisteredDefinition[] {
    return [...this.byName.values()].flat();
  }

  find(name: string, version?: number): RegisteredDefinition | undefined {
    const versions = this.byName.get(name);
    if (version === undefined) return versions?.at(-1);
    return versions?.find(({ definition }) => definition.version === version);
  }

  /** The participants that any definition calls. */
  participants(): ReadonlySet<string> {
    const names = new Set<string>();
    for (const { definition } of this.all()) {
      const called = machineFor(definition.protocol).participantsOf(definition);
      for (const participant of called) names.add(participant);
    }
    return names;
  }

  private add(definition: Definition): void {
    const { name, version } = definition;
    const versions = this.byName.get(name) ?? [];
    if (versions.some((known) => known.definition.version === version)) {
      throw new DefinitionError(`definition ${name} version ${version} is registered twice`);
    }
    const hash = createHash('sha256').update(identityOf(definition)).digest('hex');
    versions.push({ definition, hash });
    versions.sort((a, b) => a.definition.version - b.definition.version);
    this.byName.set(name, versions);
  }
}
