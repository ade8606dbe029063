# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# For use inside nightshift.fleet only; it may change in any release.
#
# The inside of a device job: what SYSTEM runs from the job's folder. It reads spec.json, keeps progress.json up to date
# and ends with result.json. One update at a time, so that one failure never costs the others.

#AnsibleRequires -PowerShell ..module_utils._DeviceFile
#AnsibleRequires -PowerShell ..module_utils._JobTask
#AnsibleRequires -PowerShell ..module_utils._UpdateError
#AnsibleRequires -PowerShell ..module_utils._WindowsUpdate

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

function Set-StayAwake {
    # Keeps the device from falling asleep while the calling thread lives: ES_CONTINUOUS and ES_SYSTEM_REQUIRED.
    [CmdletBinding()]
    param()

    $type = Add-Type -PassThru -Namespace Nightshift -Name ExecutionState -MemberDefinition @'
[DllImport("kernel32.dll")]
public static extern uint SetThreadExecutionState(uint flags);
'@
    [void]$type::SetThreadExecutionState([uint32]2147483649)
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

function Get-UpdateResult {
    # The result record of one update by result code and HRESULT. Without $StartedAt it was not handed to WUA.
    [CmdletBinding()]
    [OutputType([hashtable])]
    param(
        [Parameter(Mandatory)] [string] $Id,
        [AllowEmptyString()] [string] $Title = '',
        [Parameter(Mandatory)] [int] $ResultCode,
        [Parameter(Mandatory)] [long] $HResult,
        [bool] $RestartRequired = $false,
        [AllowNull()] [object] $StartedAt = $null
    )

    $result = Resolve-UpdateError -HResult $HResult
    if ($result['error_class'] -eq 'benign') {
        $outcome = 'not_applicable'
    }
    elseif ($result['error_class'] -eq 'wait_for_power') {
        $outcome = 'not_started'
    }
    elseif ($ResultCode -eq 2) {
        $outcome = 'succeeded'
        $result['error_class'] = ''
    }
    else {
        $outcome = 'failed'
        if (-not $result['error_class']) {
            $result['error_class'] = 'transient'
        }
    }
    $result['id'] = $Id
    $result['title'] = $Title
    $result['result_code'] = $ResultCode
    $result['outcome'] = $outcome
    $result['restart_required'] = ($RestartRequired -or $result['hresult'] -eq 2359301)  # WU_S_REBOOT_REQUIRED
    $result['started_at'] = Format-Instant -Value $StartedAt
    $result['finished_at'] = $null
    if ($null -ne $StartedAt) {
        $result['finished_at'] = Format-Instant -Value (Get-DeviceTime)
    }
    $result
}

function Get-RefusedResult {
    # The result record of an update that was not handed to WUA, with the reason in words.
    [CmdletBinding()]
    [OutputType([hashtable])]
    param(
        [Parameter(Mandatory)] [string] $Id,
        [AllowEmptyString()] [string] $Title = '',
        [Parameter(Mandatory)] [string] $Outcome,
        [AllowEmptyString()] [string] $Class = '',
        [Parameter(Mandatory)] [string] $Reason,
        [long] $HResult = 0
    )

    $result = Resolve-UpdateError -HResult $HResult
    $result['id'] = $Id
    $result['title'] = $Title
    $result['result_code'] = 0
    $result['outcome'] = $Outcome
    $result['error_class'] = $Class
    $result['error_text'] = $Reason
    $result['restart_required'] = $false
    $result['started_at'] = $null
    $result['finished_at'] = $null
    $result
}

function Test-TimeLeft {
    # Whether something that takes this many minutes may still start.
    [CmdletBinding()]
    [OutputType([bool])]
    param([Parameter(Mandatory)] [System.Collections.IDictionary] $Spec)

    $deadline = ConvertTo-Instant -Text $Spec['deadline']
    if ($null -eq $deadline) {
        return $true
    }
    $now = Get-DeviceTime
    $now -lt $deadline -and $now.AddMinutes([int]$Spec['expected_minutes']) -le $deadline
}

function Invoke-UpdateCall {
    # Runs one WUA call on one update and gives result_code, hresult and restart_required, also when the call throws.
    [CmdletBinding()]
    [OutputType([hashtable])]
    param([Parameter(Mandatory)] [scriptblock] $Call)

    try {
        $answer = (& $Call).GetUpdateResult(0)
        @{
            result_code = [int]$answer.ResultCode
            hresult = [long]$answer.HResult
            restart_required = [bool](Get-MemberValue -InputObject $answer -Name RebootRequired)
        }
    }
    catch {
        @{ result_code = 4; hresult = (Get-ExceptionHResult -Exception $_.Exception); restart_required = $false }
    }
}

function Get-RefusalReason {
    # Why an update is not to be run at all: @{ class; reason; hresult }, or $null when it may run.
    [CmdletBinding()]
    [OutputType([hashtable])]
    param(
        [Parameter(Mandatory)] [System.Collections.IDictionary] $Spec,
        [Parameter(Mandatory)] [object] $Update
    )

    $behaviour = Get-MemberValue -InputObject $Update -Name InstallationBehavior
    if ($Spec['kind'] -eq 'uninstall') {
        if (-not (Get-MemberValue -InputObject $Update -Name IsUninstallable)) {
            return @{
                class = 'needs_person'
                reason = 'The update agent cannot uninstall this update; remove it with the tool of its vendor'
                hresult = 2149842984  # WU_E_UNINSTALL_NOT_ALLOWED
            }
        }
        return $null
    }
    if ((Get-MemberValue -InputObject $behaviour -Name CanRequestUserInput) -eq $true) {
        return @{ class = 'needs_person'; reason = 'The update can ask for user input, so it was not run'; hresult = 0 }
    }
    if ((Get-MemberValue -InputObject $Update -Name EulaAccepted) -eq $false) {
        if (-not $Spec['accept_eula']) {
            return @{ class = 'needs_person'; reason = 'The licence terms of the update are not accepted'; hresult = 0 }
        }
        [void]$Update.AcceptEula()
    }
    $null
}

function Invoke-OneUpdate {
    # Downloads, installs or uninstalls one update and gives its result record. $Session and $Update are COM objects.
    [CmdletBinding()]
    [OutputType([hashtable])]
    param(
        [Parameter(Mandatory)] [System.Collections.IDictionary] $Spec,
        [Parameter(Mandatory)] [object] $Session,
        [Parameter(Mandatory)] [object] $Update
    )

    $named = @{ Id = Get-UpdateIdentifier -Update $Update; Title = "$(Get-MemberValue -InputObject $Update -Name Title)" }
    $startedAt = Get-DeviceTime
    $refusal = Get-RefusalReason -Spec $Spec -Update $Update
    if ($null -ne $refusal) {
        return Get-RefusedResult @named -Outcome failed -Class $refusal['class'] -Reason $refusal['reason'] -HResult $refusal['hresult']
    }
    $collection = Get-UpdateCollection -Update $Update

    if ($Spec['kind'] -ne 'uninstall' -and -not (Get-MemberValue -InputObject $Update -Name IsDownloaded)) {
        $downloader = $Session.CreateUpdateDownloader()
        $downloader.Updates = $collection
        $answer = Invoke-UpdateCall -Call { $downloader.Download() }
        if ($Spec['kind'] -eq 'download' -or $answer['result_code'] -ne 2) {
            return Get-UpdateResult @named -ResultCode $answer['result_code'] -HResult $answer['hresult'] -StartedAt $startedAt
        }
        if (-not (Test-TimeLeft -Spec $Spec)) {
            return Get-RefusedResult @named -Outcome not_started -Reason 'Downloaded; the deadline came before the installation'
        }
    }
    elseif ($Spec['kind'] -eq 'download') {
        return Get-UpdateResult @named -ResultCode 2 -HResult 2359304 -StartedAt $startedAt  # WU_S_ALREADY_DOWNLOADED
    }

    $installer = $Session.CreateUpdateInstaller()
    $installer.AllowSourcePrompts = $false
    $installer.ForceQuiet = $true
    $installer.Updates = $collection
    if ($Spec['kind'] -eq 'uninstall') {
        $answer = Invoke-UpdateCall -Call { $installer.Uninstall() }
    }
    else {
        $answer = Invoke-UpdateCall -Call { $installer.Install() }
    }
    $ended = @{
        ResultCode = $answer['result_code']
        HResult = $answer['hresult']
        RestartRequired = $answer['restart_required']
        StartedAt = $startedAt
    }
    Get-UpdateResult @named @ended
}

function Find-WantedUpdate {
    # The COM objects of the wanted ids: `ready` (id -> update to act on) and `done` (id -> update already as asked). The
    # second search is only made when the first did not know every id.
    [CmdletBinding()]
    [OutputType([hashtable])]
    param(
        [Parameter(Mandatory)] [System.Collections.IDictionary] $Spec,
        [Parameter(Mandatory)] [object] $Session
    )

    $criteria = @{ ready = 'IsInstalled=0 and IsHidden=0'; done = 'IsInstalled=1 and IsHidden=0' }
    if ($Spec['kind'] -eq 'uninstall') {
        $criteria = @{ ready = 'IsInstalled=1 and IsHidden=0'; done = 'IsInstalled=0 and IsHidden=0' }
    }
    $searcher = Get-UpdateSearcher -Session $Session -Kind $Spec['source'] -OfflineCab $Spec['offline_cab']
    $wanted = @{ ready = @{}; done = @{} }
    foreach ($group in 'ready', 'done') {
        $known = $wanted['ready'].Count + $wanted['done'].Count
        if ($known -lt @($Spec['updates']).Count) {
            $found = Find-DeviceUpdate -Searcher $searcher -Criteria $criteria[$group]
            if ($found['result_code'] -ne 2 -and $found['result_code'] -ne 3) {
                throw "The search before the work ended with result code $($found['result_code'])"
            }
            foreach ($update in $found['updates']) {
                $id = Get-UpdateIdentifier -Update $update
                if ($Spec['updates'] -contains $id) {
                    $wanted[$group][$id] = $update
                }
            }
        }
    }
    $wanted
}

function Invoke-ChangeJob {
    # Installs, downloads or uninstalls what spec.json names, in its order. Fills $Progress['results'].
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [string] $Path,
        [Parameter(Mandatory)] [System.Collections.IDictionary] $Spec,
        [Parameter(Mandatory)] [System.Collections.IDictionary] $Progress
    )

    $late = 'The deadline left no time for it'
    if (-not (Test-TimeLeft -Spec $Spec)) {
        foreach ($id in $Spec['updates']) {
            [void]$Progress['results'].Add((Get-RefusedResult -Id $id -Outcome not_started -Reason $late))
        }
        return
    }
    $session = Get-UpdateSession
    try {
        $wanted = Find-WantedUpdate -Spec $Spec -Session $session
    }
    catch {
        $code = Get-ExceptionHResult -Exception $_.Exception
        $known = Resolve-UpdateError -HResult $code
        $reason = "The search before the work failed: $($_.Exception.Message)"
        if ($known['error_name']) {
            $reason = "The search before the work failed: $($known['hresult_hex']) $($known['error_name']) $($known['error_text'])"
        }
        foreach ($id in $Spec['updates']) {
            $refused = @{ Id = $id; Outcome = 'not_started'; Class = $known['error_class']; Reason = $reason; HResult = $code }
            [void]$Progress['results'].Add((Get-RefusedResult @refused))
        }
        throw $reason
    }
    foreach ($id in $Spec['updates']) {
        $update = $wanted['ready'][$id]
        if ($wanted['done'].ContainsKey($id)) {
            $title = "$(Get-MemberValue -InputObject $wanted['done'][$id] -Name Title)"
            $code = 2359302  # WU_S_ALREADY_INSTALLED
            if ($Spec['kind'] -eq 'uninstall') {
                $code = 2359303  # WU_S_ALREADY_UNINSTALLED
            }
            $result = Get-UpdateResult -Id $id -Title $title -ResultCode 0 -HResult $code
        }
        elseif ($null -eq $update) {
            $result = Get-UpdateResult -Id $id -ResultCode 0 -HResult 2149842967  # WU_E_NOT_APPLICABLE
        }
        elseif (-not (Test-TimeLeft -Spec $Spec)) {
            $result = Get-RefusedResult -Id $id -Title "$($update.Title)" -Outcome not_started -Reason $late
        }
        else {
            $Progress['current'] = $id
            $Progress['current_title'] = "$($update.Title)"
            $Progress['current_started_at'] = Format-Instant -Value (Get-DeviceTime)
            Save-JobProgress -Path $Path -Progress $Progress
            Write-JobLog -Path $Path -Text "$($Spec['kind']) $id $($update.Title)"
            $result = Invoke-OneUpdate -Spec $Spec -Session $session -Update $update
            Write-JobLog -Path $Path -Text "$($result['outcome']) $id $($result['hresult_hex']) $($result['error_name'])"
        }
        [void]$Progress['results'].Add($result)
        $Progress['current'] = ''
        $Progress['current_title'] = ''
        $Progress['current_started_at'] = $null
        Save-JobProgress -Path $Path -Progress $Progress
    }
}

function Invoke-SearchJob {
    # Searches what is missing and what is installed and writes scan.json. After a search that throws, what the last good
    # search saw stays listed, with trust unknown and the error, so that nothing looks patched that is not.
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [string] $Path,
        [Parameter(Mandatory)] [System.Collections.IDictionary] $Spec
    )

    $scanFile = [System.IO.Path]::Combine((Get-DataFolder), 'scan.json')
    $scan = @{
        id = $Spec['id']; result_code = 4; trust = 'unknown'; warnings = @(); error = ''; missing = @(); installed = @()
        source = @{ kind = $Spec['source']; name = ''; server = '' }
    }
    $failure = $null
    try {
        $scan['source'] = Get-UpdateSource -Kind $Spec['source'] -OfflineCab $Spec['offline_cab']
        $searcher = Get-UpdateSearcher -Session (Get-UpdateSession) -Kind $Spec['source'] -OfflineCab $Spec['offline_cab']
        $missing = Find-DeviceUpdate -Searcher $searcher -Criteria 'IsInstalled=0 and IsHidden=0'
        $installed = Find-DeviceUpdate -Searcher $searcher -Criteria 'IsInstalled=1 and IsHidden=0'
        $scan['missing'] = @(foreach ($update in $missing['updates']) { ConvertTo-UpdateRecord -Update $update })
        $scan['installed'] = @(foreach ($update in $installed['updates']) { ConvertTo-UpdateRecord -Update $update })
        $bare = $missing['bare'] + $installed['bare']
        $scan['warnings'] = @(@($missing['warnings']) + @($installed['warnings']) | Select-Object -Unique)
        $codes = @($missing['result_code'], $installed['result_code'])
        $scan['trust'] = Get-SearchTrust -ResultCode $codes -WarningCount $scan['warnings'].Count -BareCount $bare
        $scan['result_code'] = $codes[0]
        if ($codes[0] -eq 2) {
            $scan['result_code'] = $codes[1]
        }
        if ($bare -gt 0) {
            $scan['warnings'] = @($scan['warnings']) + "$bare update objects lack their properties; the update agent needs repair"
        }
    }
    catch {
        $known = Resolve-UpdateError -HResult (Get-ExceptionHResult -Exception $_.Exception)
        $failure = (@($known['hresult_hex'], $known['error_name'], $known['error_text']) | Where-Object { $_ }) -join ' '
        Write-JobLog -Path $Path -Text "search failed: $failure; $($_.Exception.Message)"
        $scan['error'] = $failure
        $before = Read-JsonFile -Path $scanFile
        if ($null -ne $before) {
            $scan['missing'] = @($before['missing'])
            $scan['installed'] = @($before['installed'])
        }
    }
    $scan['finished_at'] = Format-Instant -Value (Get-DeviceTime)
    Write-JsonFile -Path $scanFile -Value $scan
    if ($failure) {
        throw "The search failed: $failure"
    }
}

function Invoke-DeviceJob {
    # The whole life of a job inside its task. $Path is the job's folder.
    [CmdletBinding()]
    param([Parameter(Mandatory)] [string] $Path)

    $spec = Read-JsonFile -Path ([System.IO.Path]::Combine($Path, 'spec.json'))
    if ($null -eq $spec) {
        throw "$Path\spec.json is missing or cut off"
    }
    $progress = @{
        total = @($spec['updates']).Count; current = ''; current_title = ''; current_started_at = $null
        results = New-Object -TypeName System.Collections.ArrayList
    }
    $state = 'finished'
    $problem = ''
    Write-JobLog -Path $Path -Text "job $($spec['id']) $($spec['kind']) begins"
    try {
        Set-StayAwake
    }
    catch {
        Write-JobLog -Path $Path -Text "the device may fall asleep during the job: $_"
    }
    try {
        if ($spec['kind'] -eq 'scan') {
            Invoke-SearchJob -Path $Path -Spec $spec
        }
        else {
            Invoke-ChangeJob -Path $Path -Spec $spec -Progress $progress
        }
    }
    catch {
        $state = 'failed'
        $problem = "$($_.Exception.Message)"
        Write-JobLog -Path $Path -Text "job failed: $problem"
    }
    Write-JsonFile -Path ([System.IO.Path]::Combine($Path, 'result.json')) -Value @{
        id = $spec['id']
        state = $state
        error = $problem
        finished_at = Format-Instant -Value (Get-DeviceTime)
        results = $progress['results'].ToArray()
    }
    Write-JobLog -Path $Path -Text "job $($spec['id']) $state"
    Remove-JobTask -Id $spec['id']
}
