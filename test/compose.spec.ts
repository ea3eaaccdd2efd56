import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { loadConfig as inventoryConfig } from '../apps/inventory/src/config.js';
import { Environment, loadConfig as coordinatorConfig } from '../apps/coordinator/src/config.js';
import { loadConfig as orderConfig } from '../apps/order/src/config.js';
import { loadConfig as paymentConfig } from '../apps/payment/src/config.js';
import {
  loadConfig as warehouseConfig,
  WarehouseEnvironment,
} from '../apps/warehouse/src/config.js';
import { ServiceEnvironment } from '@skald/participant';
import { ROOT } from '../tools/paths.mjs';

interface Service {
  readonly image?: string;
  readonly build?: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test: readonly string[] };
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

const text = read('docker-compose.yml');
const compose = parse(
  text.replace(/\$\{(?:POSTGRES_PASSWORD|SKALD_SECRET)[^}]*\}/g, 'secret-of-the-spec'),
  {
    merge: true,
  },
) as Compose;
const services = Object.entries(compose.services);
const apps = services.filter(([, { build }]) => build !== undefined);

const LOADERS: Readonly<Record<string, typeof orderConfig | typeof coordinatorConfig>> = {
  coordinator: coordinatorConfig,
  order: orderConfig,
  payment: paymentConfig,
  inventory: inventoryConfig,
  warehouse: warehouseConfig,
};

const SCHEMAS: Readonly<Record<string, { readonly shape: object }>> = {
  coordinator: Environment,
  warehouse: WarehouseEnvironment,
};

/** `apps/order/dist/main.js` -> `order`. */
function appOf({ command = [] }: Service): string {
  return /^apps\/([a-z]+)\/dist\/main\.js$/.exec(command.join(' '))?.[1] ?? '';
}

describe('docker-compose.yml', () => {
  it('runs two coordinators and each service from the one image', () => {
    const names = apps.map(([, service]) => appOf(service)).sort();
    expect(names).toEqual([
      ...['coordinator', 'coordinator', 'inventory', 'order', 'payment'],
      ...['warehouse', 'warehouse'],
    ]);
    for (const [, service] of apps) {
      expect(service.build).toBe('.');
      expect(existsSync(join(ROOT, `apps/${appOf(service)}/src/main.ts`))).toBe(true);
    }
  });

  it.each(apps)(
    'gives %s an environment that it accepts, and nothing it does not know',
    (...app) => {
      const [, service] = app;
      const name = appOf(service);
      const { shape } = SCHEMAS[name] ?? ServiceEnvironment;
      const { environment = {} } = service;
      expect(Object.keys(environment).filter((key) => !(key in shape))).toEqual([]);
      const config = LOADERS[name]?.({ ...environment });
      expect(config).toMatchObject({ HOST: '0.0.0.0', KAFKA_BROKERS: ['kafka:9092'] });
    },
  );

  it('has every participant by a service of that name, with equal numbers of partitions', () => {
    const config = coordinatorConfig({ ...compose.services['coordinator-1']?.environment });
    const participants = Object.keys(config.SKALD_PARTICIPANTS);
    expect(participants.filter((name) => !(name in compose.services))).toEqual([]);
    const partitions = apps.map(([, { environment }]) => environment?.['SKALD_KAFKA_PARTITIONS']);
    expect(new Set(partitions).size).toBe(1);
  });

  it('shares one secret, and lets services ask the proxy for decisions', () => {
    const secrets = apps.map(([, { environment }]) => environment?.['SKALD_SECRET']);
    expect(new Set(secrets).size).toBe(1);
    const { SKALD_ALLOWED_HOSTS } = coordinatorConfig({
      ...compose.services['coordinator-1']?.environment,
    });
    for (const [, service] of apps.filter((app) => appOf(app[1]) !== 'coordinator')) {
      const { hostname, port } = new URL(service.environment?.['COORDINATOR_URL'] ?? '');
      expect([SKALD_ALLOWED_HOSTS, port]).toEqual([[hostname], '8080']);
    }
    expect(read('docker/nginx.conf')).toMatch(/listen 8080/);
    expect(compose.services['postgres']?.command).toContain('max_prepared_transactions=1500');
  });

  it('publishes ports on loopback alone', () => {
    const ports = services.flatMap(([, service]) => service.ports ?? []);
    expect(ports.length).toBeGreaterThan(0);
    expect(ports.filter((port) => !/^127\.0\.0\.1:\d+:\d+$/.test(port))).toEqual([]);
  });

  it('waits for what it needs to be healthy, and can tell', () => {
    for (const [, { depends_on: needs = {} }] of services) {
      for (const [name, { condition }] of Object.entries(needs)) {
        expect(condition).toBe('service_healthy');
        expect(compose.services[name]?.healthcheck?.test.length).toBeGreaterThan(1);
      }
    }
    expect(apps.map(([, { healthcheck }]) => healthcheck?.test.join(' '))).toEqual(
      apps.map(() => 'CMD node tools/ready.mjs'),
    );
    expect(read('Dockerfile')).toContain('/skald/tools/ready.mjs tools/');
  });

  it('mounts files that exist, and volumes that are declared', () => {
    const sources = services.flatMap(([, { volumes = [] }]) => volumes.map((v) => v.split(':')[0]));
    for (const source of sources) {
      if (source?.startsWith('./')) expect(existsSync(join(ROOT, source))).toBe(true);
      else expect(Object.keys(compose.volumes)).toContain(source);
    }
    expect(statSync(join(ROOT, 'docker/postgres/init.sh')).mode & 0o111).not.toBe(0);
  });

  it('makes the databases that the apps connect to, each with a role of its own', () => {
    const [, made = ''] = /for name in ([^;]+);/.exec(read('docker/postgres/init.sh')) ?? [];
    const names = made.split(/[\s\\]+/);
    for (const [, { environment }] of apps) {
      const { username, pathname, hostname } = new URL(environment?.['DATABASE_URL'] ?? '');
      expect([hostname, pathname]).toEqual(['postgres', `/${username}`]);
      expect(names).toContain(username);
    }
  });

  it('has a proxy that knows all coordinators, and takes the versions from where they stand', () => {
    const upstreams = [...read('docker/nginx.conf').matchAll(/^ {4}server ([\w-]+):(\d+) /gm)];
    const coordinators = apps.filter(([, service]) => appOf(service) === 'coordinator');
    expect(upstreams.map(([, name, port]) => [name, port])).toEqual(
      coordinators.map(([name, { environment }]) => [name, environment?.['PORT']]),
    );
    const broker = /kafka_2\.13<\/artifactId>\s*<version>([^<]+)</.exec(
      read('tools/kafka/pom.xml'),
    );
    expect(compose.services['kafka']?.image).toBe(`apache/kafka:${broker?.[1] ?? ''}`);
    const { version } = JSON.parse(read('package.json')) as { version: string };
    expect(new Set(apps.map(([, { image }]) => image))).toEqual(new Set([`skald:${version}`]));
  });
});
