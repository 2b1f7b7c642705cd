/** The runs table before its first answer. */
import { RunTableHead } from "@/components/runs/run-table";
import { Skeleton } from "@/components/ui/skeleton";
import { Table, Td } from "@/components/ui/table";

const ROWS = [1, 2, 3, 4, 5, 6, 7, 8];

/** Eight rows in the table's shape. */
export function RunTableSkeleton({ showEnvironment }: { showEnvironment: boolean }) {
  return (
    <>
      <Table label="Runs, loading" className="max-sm:hidden">
        <RunTableHead showEnvironment={showEnvironment} />
        <tbody aria-busy className="divide-y divide-hairline">
          {ROWS.map((row) => (
            <tr key={row}>
              <Td className="pr-0">
                <Skeleton className="size-4" />
              </Td>
              <Td>
                <Skeleton className="w-24" />
              </Td>
              <Td>
                <Skeleton className="w-24" />
              </Td>
              {showEnvironment ? (
                <Td>
                  <Skeleton className="w-14" />
                </Td>
              ) : null}
              <Td>
                <Skeleton className="w-28" />
              </Td>
              <Td>
                <Skeleton className="w-8" />
              </Td>
              <Td>
                <Skeleton className="ml-auto w-12" />
              </Td>
              <Td>
                <Skeleton className="w-20" />
              </Td>
              <Td className="max-lg:hidden">
                <Skeleton className="w-16" />
              </Td>
              <Td>
                <Skeleton className="ml-auto w-16" />
              </Td>
            </tr>
          ))}
        </tbody>
      </Table>
      <div aria-busy className="flex flex-col divide-y divide-hairline rounded-lg border sm:hidden">
        {ROWS.map((row) => (
          <div key={row} className="flex flex-col gap-2.5 px-3 py-3">
            <Skeleton className="w-40" />
            <Skeleton className="w-56" />
          </div>
        ))}
      </div>
    </>
  );
}
