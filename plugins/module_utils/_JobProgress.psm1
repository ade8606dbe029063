# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# For use inside nightshift.fleet only; it may change in any release.
#
# What a device job writes while it runs: its log and progress.json.

#AnsibleRequires -PowerShell ..module_utils._DeviceFile

Set-StrictMode -Version 3.0

function Write-JobLog {
    # A line in the job's log.txt. A log that cannot be written never stops a job.
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [string] $Path,
        [Parameter(Mandatory)] [string] $Text
    )

    $line = '{0} {1}{2}' -f (Format-Instant -Value (Get-DeviceTime)), $Text, [System.Environment]::NewLine
    try {
        [System.IO.File]::AppendAllText([System.IO.Path]::Combine($Path, 'log.txt'), $line)
    }
    catch {
        return
    }
}

function Save-JobProgress {
    # progress.json as it is now; a failure to write it is logged and costs only its freshness.
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [string] $Path,
        [Parameter(Mandatory)] [System.Collections.IDictionary] $Progress
    )

    try {
        Write-JsonFile -Path ([System.IO.Path]::Combine($Path, 'progress.json')) -Value @{
            total = $Progress['total']
            current = $Progress['current']
            current_title = $Progress['current_title']
            current_started_at = $Progress['current_started_at']
            results = $Progress['results'].ToArray()
        }
    }
    catch {
        Write-JobLog -Path $Path -Text "progress.json could not be written: $_"
    }
}
