/** Published versions: a table, and cards where a table does not fit. */
"use client";

import Link from "next/link";

import { changeOfNumber, ChangeBadge } from "@/components/engines/version-change";
import { EnvironmentBadge } from "@/components/shell/environment-mark";
import { useCan } from "@/components/shell/session-context";
import { useEnvironment } from "@/components/shell/use-environment";
import { RelativeTime } from "@/components/ui/clock";
import { Table, Td, Th } from "@/components/ui/table";
import type { EnginePin } from "@/lib/engines/pin-schema";
import type { EngineVersionDto } from "@/lib/engines/schema";

type Props = { slug: string; versions: readonly EngineVersionDto[]; pins: readonly EnginePin[] };
type RowProps = {
  slug: string;
  version: EngineVersionDto;
  before: EngineVersionDto | undefined;
  pins: readonly EnginePin[];
};

const LINK = "rounded-sm text-accent-text underline-offset-4 hover:underline";

/** Both shapes; CSS shows one. */
export function VersionTable({ slug, versions, pins }: Props) {
  const rows = versions.map((version, index) => ({
    slug,
    version,
    before: versions[index + 1],
    pins: pins.filter((pin) => pin.version === version.version),
  }));
  return (
    <>
      <Table label="Published versions" className="max-sm:hidden">
        <thead>
          <tr>
            <Th>Version</Th>
            <Th>Changelog</Th>
            <Th>Run by</Th>
            <Th>Published</Th>
            <Th label="Compare" />
          </tr>
        </thead>
        <tbody className="divide-y divide-hairline">
          {rows.map((row) => (
            <VersionRow key={row.version.id} {...row} />
          ))}
        </tbody>
      </Table>
      <ul className="flex flex-col divide-y divide-hairline rounded-lg border sm:hidden">
        {rows.map((row) => (
          <VersionCard key={row.version.id} {...row} />
        ))}
      </ul>
    </>
  );
}

function VersionRow({ slug, version, before, pins }: RowProps) {
  return (
    <tr className="transition-colors hover:bg-hover">
      <Td>
        <VersionLink slug={slug} version={version} />
      </Td>
      <Td className="max-w-80 truncate" title={version.changelog}>
        {version.changelog === "" ? <span className="text-muted">None</span> : version.changelog}
      </Td>
      <Td>
        <PinnedEnvironments pins={pins} />
      </Td>
      <Td className="text-muted">
        <RelativeTime at={version.created_at} />
        <span className="max-w-48 truncate max-lg:hidden" title={version.published_by}>
          {" "}
          by {version.published_by}
        </span>
      </Td>
      <Td className="text-right">
        <CompareLink slug={slug} version={version} before={before} />
      </Td>
    </tr>
  );
}

function VersionCard({ slug, version, before, pins }: RowProps) {
  return (
    <li className="flex flex-col gap-1 px-3 py-2.5">
      <span className="flex items-center justify-between gap-2">
        <VersionLink slug={slug} version={version} />
        <CompareLink slug={slug} version={version} before={before} />
      </span>
      {version.changelog === "" ? null : <span className="line-clamp-2 text-sm">{version.changelog}</span>}
      <span className="truncate text-xs text-muted">
        <RelativeTime at={version.created_at} /> by {version.published_by}
      </span>
      <PinnedEnvironments pins={pins} />
    </li>
  );
}

/** No link for those who may not see what a version does. */
function VersionLink({ slug, version: { version } }: { slug: string; version: EngineVersionDto }) {
  const { href } = useEnvironment();
  const seesConfigs = useCan("engines:manage");
  return (
    <span className="inline-flex items-center gap-2">
      {seesConfigs ? (
        <Link href={href(`/engines/${slug}/versions/${version}`)} className={`font-mono text-sm font-medium ${LINK}`}>
          {version}
        </Link>
      ) : (
        <span className="font-mono text-sm font-medium">{version}</span>
      )}
      <ChangeBadge change={changeOfNumber(version)} />
    </span>
  );
}

/** The environments that run it, each with what makes it do so. */
export function PinnedEnvironments({ pins }: { pins: readonly EnginePin[] }) {
  if (pins.length === 0) return null;
  return (
    <span className="flex flex-wrap items-center gap-1">
      {pins.map(({ environment, kind, spec, version }) => (
        <span key={environment} className="inline-flex items-center gap-1">
          <EnvironmentBadge slug={environment} kind={kind} />
          <span className="text-xs text-muted">{spec === version ? "pinned" : spec}</span>
        </span>
      ))}
    </span>
  );
}

function CompareLink({ slug, version, before }: Omit<RowProps, "pins">) {
  const { href } = useEnvironment();
  const seesConfigs = useCan("engines:manage");
  if (!before || !seesConfigs) return null;
  return (
    <Link
      href={href(`/engines/${slug}/versions/diff`, { from: before.version, to: version.version })}
      aria-label={`Changes from ${before.version} to ${version.version}`}
      className={`text-sm max-sm:text-xs ${LINK}`}
    >
      Changes
    </Link>
  );
}
