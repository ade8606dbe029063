# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# For use inside nightshift.fleet only; it may change in any release.
#
# Restarts that are scheduled on the device: ours, with a marker file, and those of others, which are never touched.
#
# Windows has no call that says whether a shutdown is scheduled. What says it without a side effect is the System log: User32
# writes 1074 when one is scheduled and 1075 when it is called off. shutdown.exe has the last word when we schedule: exit
# code 1190 means that somebody else's is there already.

#AnsibleRequires -PowerShell ..module_utils._DataFolder
#AnsibleRequires -PowerShell ..module_utils._DeviceFile

Set-StrictMode -Version 3.0

function Get-ShutdownEvent {
    # The events 1074 and 1075 since an instant, oldest first: objects with Id and TimeCreated. Since the last start from fast
    # startup (Kernel-Boot 27), too: such a start does not change the boot time.
    [CmdletBinding()]
    param([Parameter(Mandatory)] [datetime] $Since)

    $from = $Since.ToUniversalTime().ToString("yyyy-MM-dd'T'HH':'mm':'ss.fff'Z'", [System.Globalization.CultureInfo]::InvariantCulture)
    $query = @"
<QueryList>
  <Query Id="0" Path="System">
    <Select Path="System">*[System[Provider[@Name='User32' or @Name='USER32'] and (EventID=1074 or EventID=1075) and TimeCreated[@SystemTime&gt;='$from']]]</Select>
    <Select Path="System">*[System[Provider[@Name='Microsoft-Windows-Kernel-Boot'] and EventID=27 and TimeCreated[@SystemTime&gt;='$from']]]</Select>
  </Query>
</QueryList>
"@
    $events = @(Get-WinEvent -FilterXml $query -MaxEvents 50 -ErrorAction SilentlyContinue)
    [array]::Reverse($events)
    $since27 = @()
    foreach ($entry in $events) {
        if ($entry.Id -eq 27) {
            $since27 = @()
        }
        else {
            $since27 += $entry
        }
    }
    $since27
}

function Invoke-ShutdownCommand {
    # Runs shutdown.exe and gives its exit code. Text goes in as one argument; quotes cannot.
    [CmdletBinding()]
    [OutputType([int])]
    param([Parameter(Mandatory)] [string[]] $ArgumentList)

    $command = [System.IO.Path]::Combine([System.Environment]::SystemDirectory, 'shutdown.exe')
    $before = $ErrorActionPreference
    $ErrorActionPreference = 'Continue'  # what it writes to stderr is no error of ours; the exit code is what counts
    try {
        [void](& $command $ArgumentList 2>&1)
    }
    finally {
        $ErrorActionPreference = $before
    }
    $LASTEXITCODE
}

function Get-MarkerPath {
    [CmdletBinding()]
    [OutputType([string])]
    param()

    [System.IO.Path]::Combine((Get-DataFolder), 'restart.json')
}

function Get-ScheduledRestart {
    # The protocol's `restart`. Ours: the marker is from this boot, was not called off, its instant is not long past, and no
    # 1075 came after it. The 1074 that our own call caused (within 30 seconds of it) is nobody else's.
    [CmdletBinding()]
    [OutputType([hashtable])]
    param([Parameter(Mandatory)] [string] $BootTime)

    $events = @(Get-ShutdownEvent -Since (ConvertTo-Instant -Text $BootTime))
    $restart = @{ scheduled_at = $null; ours = $false; foreign = $false }
    $marker = Read-JsonFile -Path (Get-MarkerPath)
    if ($null -ne $marker -and $marker['boot_time'] -eq $BootTime) {
        $asked = ConvertTo-Instant -Text $marker['asked_at']
        $due = ConvertTo-Instant -Text $marker['scheduled_at']
        $aborted = @($events | Where-Object { $_.Id -eq 1075 -and $_.TimeCreated.ToUniversalTime() -ge $asked })
        if (-not $marker['cancelled'] -and $aborted.Count -eq 0 -and (Get-DeviceTime) -lt $due.AddMinutes(10)) {
            $restart['scheduled_at'] = $marker['scheduled_at']
            $restart['ours'] = $true
            return $restart
        }
        $events = @(
            foreach ($entry in $events) {
                $after = ($entry.TimeCreated.ToUniversalTime() - $asked).TotalSeconds
                if ($entry.Id -ne 1074 -or $after -lt 0 -or $after -gt 30) {
                    $entry
                }
            }
        )
    }
    if ($events.Count -gt 0 -and $events[-1].Id -eq 1074) {
        # When it is due nobody tells.
        $restart['foreign'] = $true
    }
    $restart
}

function Start-ScheduledRestart {
    # Schedules our restart: 0 done, 1190 somebody else's is scheduled, 1115 the device is shutting down already; anything
    # else is an error of shutdown.exe. The marker is written first: a restart without a marker would look foreign.
    [CmdletBinding()]
    [OutputType([int])]
    param(
        [Parameter(Mandatory)] [int] $Countdown,
        [Parameter(Mandatory)] [string] $Message,
        [Parameter(Mandatory)] [string] $BootTime
    )

    Initialize-DataFolder
    $now = Get-DeviceTime
    Write-JsonFile -Path (Get-MarkerPath) -Value @{
        asked_at = Format-Instant -Value $now
        scheduled_at = Format-Instant -Value $now.AddSeconds($Countdown)
        boot_time = $BootTime
        message = $Message
        cancelled = $false
    }
    # p:2:17 is "Operating System: Hot fix (Planned)".
    $code = Invoke-ShutdownCommand -ArgumentList @('/r', '/t', "$Countdown", '/d', 'p:2:17', '/c', $Message.Replace('"', "'"))
    if ($code -ne 0) {
        [System.IO.File]::Delete((Get-MarkerPath))
    }
    $code
}

function Stop-ScheduledRestart {
    # Calls off our restart. Call it only when Get-ScheduledRestart said that it is ours. 1116: there was none any more.
    [CmdletBinding()]
    [OutputType([int])]
    param()

    $code = Invoke-ShutdownCommand -ArgumentList @('/a')
    if ($code -eq 0 -or $code -eq 1116) {
        # The marker stays: it tells that the 1074 in the log was ours, before the 1075 has come in.
        $marker = Read-JsonFile -Path (Get-MarkerPath)
        $marker['cancelled'] = $true
        Write-JsonFile -Path (Get-MarkerPath) -Value $marker
    }
    $code
}
