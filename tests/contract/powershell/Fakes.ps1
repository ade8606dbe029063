# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
#
# A Windows device without Windows: replaces the doors of plugins/module_utils (clock, files' folder, scheduler, update agent,
# registry, CIM, sessions, shutdown.exe) by a world made from a contract case. Dot-sourced after the real functions, on PowerShell 7.
# A job is run by the real Invoke-DeviceJob; time passes only where the update agent works. To look at a device in the middle
# of a job, the job is run again from its start up to that instant (the horizon), after which nothing it writes counts.

$script:World = @{}

function Initialize-World {
    # Builds the device of a case. $Folder: an empty folder for its files.
    param([System.Collections.IDictionary] $Device, [string] $Folder)

    $computer = @{
        computer_name = 'PC-001'; domain = 'help.example'; chassis = 'desktop'; manufacturer = 'Contoso'; model = 'Desk 5'
        os = @{ edition = 'Professional'; version = '24H2'; build = 26100; ubr = 7171 }
        boot_time = '2026-11-23T06:30:00Z'; power = 'ac'; battery_percent = $null; free_bytes = 120000000000
    }
    Merge-Value -Into $computer -From $Device['computer']
    $search = @{ seconds = 240; result_code = 2; warnings = @(); raises = 0; bare = $false }
    Merge-Value -Into $search -From $Device['search']
    $pending = @{
        wua = $false; cbs = $false; windows_update = $false; file_rename = $false; computer_rename = $false; servicing = $false
    }
    Merge-Value -Into $pending -From $Device['pending']
    $source = @{ kind = 'windows_update'; name = 'Windows Update'; server = '' }
    Merge-Value -Into $source -From $Device['update_source']
    $now = '2026-11-23T16:05:00Z'
    if ($Device.Contains('now')) {
        $now = $Device['now']
    }
    $script:World = @{
        Folder = $Folder
        Clock = ConvertTo-Instant -Text $now
        Horizon = [datetime]::MaxValue
        Stopped = $false
        InJob = $false
        Searched = $false
        BootTime = ConvertTo-Instant -Text $computer['boot_time']
        Computer = $computer
        Search = $search
        Pending = $pending
        Source = $source
        Service = 'manual'
        Readable = $true
        Users = @()
        Updates = @(foreach ($update in $Device['updates']) { if ($update) { Complete-FakeUpdate -Update $update } })
        Packages = @(foreach ($package in $Device['packages']) { if ($package) { Complete-FakePackage -Package $package } })
        Managers = @{ winget = '1.27.350.0'; chocolatey = '2.4.3' }
        Asked = @{}
        Programs = @($Device['programs'])
        Tasks = @{}
        WakeTask = $null
        Tried = @()
        Messages = 0
        Restart = $null
        Events = @()
    }
    if ($Device.Contains('managers')) {
        $script:World.Managers = @{}
        Merge-Value -Into $script:World.Managers -From $Device['managers']
    }
    if ($Device.Contains('update_service')) { $script:World.Service = $Device['update_service'] }
    if ($Device.Contains('system_info_readable')) { $script:World.Readable = $Device['system_info_readable'] }
    if ($Device.Contains('users')) { $script:World.Users = @($Device['users']) }
    Initialize-FakeSeat -Device $Device
    Initialize-FakeFile -Device $Device
    Initialize-FakeRestart -Device $Device
}

function Merge-Value {
    param([System.Collections.IDictionary] $Into, [AllowNull()] [System.Collections.IDictionary] $From)

    if ($null -ne $From) {
        foreach ($key in @($From.Keys)) { $Into[$key] = $From[$key] }
    }
}

function Complete-FakeUpdate {
    # An update of a case with every default filled in.
    param([System.Collections.IDictionary] $Update)

    $whole = @{
        title = $Update['id']; revision = 1; kbs = @(); severity = ''; categories = @(); cves = @(); size = 1000000; downloaded = $false
        restart = 'never'; can_request_user_input = $false; supersedes = @(); released = $null; uninstallable = $false
        installed = $false; hidden = $false; eula_accepted = $true; download = @{}; install = @{}; uninstall = @{}
    }
    Merge-Value -Into $whole -From $Update
    foreach ($act in @(@('download', 60), @('install', 600), @('uninstall', 300))) {
        $script = @{ seconds = $act[1]; result_code = 2; hresult = 0; restart_required = $false; raises = 0 }
        Merge-Value -Into $script -From $whole[$act[0]]
        $whole[$act[0]] = $script
    }
    $whole
}

function Complete-FakePackage {
    # A package of a case with every default filled in.
    param([System.Collections.IDictionary] $Package)

    $whole = @{
        installed = ''; available = ''; pinned = $false; running = $false; name = ''; vendor = ''; install = @{}; uninstall = @{}
    }
    Merge-Value -Into $whole -From $Package
    foreach ($act in @(@('install', 120), @('uninstall', 60))) {
        $script = @{ seconds = $act[1]; exit_code = 0 }
        Merge-Value -Into $script -From $whole[$act[0]]
        $whole[$act[0]] = $script
    }
    $whole['provider'], $whole['package'] = $whole['id'] -split ':', 2
    $whole
}

function Initialize-FakeFile {
    # The files that the device has before the call: scan.json and the folders of its jobs.
    param([System.Collections.IDictionary] $Device)

    [void][System.IO.Directory]::CreateDirectory([System.IO.Path]::Combine($script:World.Folder, 'jobs'))
    $last = $Device['last_scan']
    if ($null -ne $last) {
        $seen = @($script:World.Updates | Where-Object { -not $_['hidden'] -and @($last['unseen']) -notcontains $_['id'] })
        $scan = @{
            result_code = 2; trust = 'trusted'; warnings = @(); error = ''; source = $script:World.Source
            missing = @(foreach ($u in $seen) { if (-not $u['installed']) { ConvertTo-UpdateRecord -Update (Get-FakeUpdate -Update $u) } })
            installed = @(foreach ($u in $seen) { if ($u['installed']) { ConvertTo-UpdateRecord -Update (Get-FakeUpdate -Update $u) } })
        }
        $scan['providers'] = @()
        foreach ($provider in $last['providers']) {
            if ($provider) {
                $found = Find-VendorUpdate -Provider $provider -Path $script:World.Folder
                $scan['missing'] = @($scan['missing']) + $found['missing']
                $scan['installed'] = @($scan['installed']) + $found['installed']
                $scan['providers'] = @($scan['providers']) + @{
                    provider = $provider; version = $found['version']; error = ''; held = $found['held']
                }
            }
        }
        $parts = $scan['providers']
        Merge-Value -Into $scan -From $last
        $scan['providers'] = $parts
        $path = [System.IO.Path]::Combine($script:World.Folder, 'scan.json')
        Write-JsonFile -Path $path -Value $scan
        if ($last['torn']) { Limit-FakeFile -Path $path }
    }
    foreach ($job in $Device['jobs']) {
        if ($job) { Initialize-FakeJob -Job $job }
    }
}

function Limit-FakeFile {
    # Cuts a file off in the middle.
    param([string] $Path)

    $text = [System.IO.File]::ReadAllText($Path)
    [System.IO.File]::WriteAllText($Path, $text.Substring(0, [int]($text.Length / 2)))
}

function Initialize-FakeJob {
    param([System.Collections.IDictionary] $Job)

    $path = [System.IO.Path]::Combine($script:World.Folder, 'jobs', $Job['id'])
    [void][System.IO.Directory]::CreateDirectory($path)
    $spec = @{
        updates = @(); deadline = $null; expected_minutes = 0; source = 'default'; offline_cab = ''; accept_eula = $true; started_at = $null
    }
    foreach ($key in 'id', 'kind', 'updates', 'deadline', 'started_at') {
        if ($Job.Contains($key)) { $spec[$key] = $Job[$key] }
    }
    Write-JsonFile -Path "$path/spec.json" -Value $spec
    $results = @(
        foreach ($given in $Job['results']) {
            if ($given) {
                $code = 0
                if ($given.Contains('hresult')) { $code = $given['hresult'] }
                $result = Resolve-UpdateError -HResult $code
                $result['title'] = ''
                $result['restart_required'] = $false
                $result['started_at'] = $null
                $result['finished_at'] = $null
                Merge-Value -Into $result -From $given
                $result
            }
        }
    )
    if ($Job['state'] -eq 'running' -or $Job['state'] -eq 'lost') {
        $current = ''
        if ($Job.Contains('progress')) { $current = $Job['progress']['current'] }
        Write-JsonFile -Path "$path/progress.json" -Value @{
            total = @($spec['updates']).Count; current = $current; current_title = ''; results = $results
            current_started_at = $Job['current_started_at']
        }
        if ($Job['state'] -eq 'running') { Start-JobTask -Id $Job['id'] -Path $path -TimeLimit '' }
    }
    else {
        Write-JsonFile -Path "$path/result.json" -Value @{
            id = $Job['id']; state = $Job['state']; error = "$($Job['error'])"; finished_at = $Job['finished_at']; results = $results
        }
    }
    foreach ($name in $Job['torn']) {
        if ($name) { Limit-FakeFile -Path "$path/$name.json" }
    }
}

function Initialize-FakeSeat {
    # What makes this PC another than its twin, and the markers on its disk.
    param([System.Collections.IDictionary] $Device)

    $seat = @{
        machine_sid = 'S-1-5-21-1004336348-1177238915-682003330'; wsus_client_id = '6a4f3d2b-8e17-4c55-9b6d-0f1e2d3c4b5a'
        domain_trust = 'ok'; activation = @{}; image = $null; run_marker = $null; files = @{}; unreadable = @{}; torn = @()
    }
    Merge-Value -Into $seat -From $Device['seat']
    if ($null -ne $seat['activation']) {
        $activation = @{ status = 'licensed'; channel = 'Volume:GVLK'; grace_minutes = 259200 }
        Merge-Value -Into $activation -From $seat['activation']
        $seat['activation'] = $activation
    }
    $script:World.Seat = $seat
    $sysprep = @{
        image_state = 'IMAGE_STATE_COMPLETE'; rearm_left = 1000; running = $false; packages = @(); provisioned = @(); errors = @()
        bitlocker = @(@{ drive = 'C:'; protected = $false; encrypted = $false })
    }
    Merge-Value -Into $sysprep -From $Device['sysprep']
    $script:World.Sysprep = $sysprep
    $script:World.Generalised = 0
    foreach ($kind in @{ kind = 'image'; key = 'image' }, @{ kind = 'run'; key = 'run_marker' }) {
        if ($seat[$kind['key']]) {
            $path = Get-ImageMarkerPath -Kind $kind['kind']
            Write-JsonFile -Path $path -Value $seat[$kind['key']]
            if (@($seat['torn']) -contains $kind['kind']) { Limit-FakeFile -Path $path }
        }
    }
}

function Test-FakeFact {
    # Throws where the case says that a fact cannot be read.
    param([string] $Fact)

    if ($script:World.Seat['unreadable'].Contains($Fact)) { throw $script:World.Seat['unreadable'][$Fact] }
}

function Initialize-FakeRestart {
    param([System.Collections.IDictionary] $Device)

    $given = $Device['restart']
    if ($null -eq $given) { return }
    $asked = $script:World.Clock.AddSeconds(-60)
    $script:World.Restart = @{ scheduled_at = $given['scheduled_at']; ours = [bool]$given['ours'] }
    $script:World.Events = @([pscustomobject]@{ Id = 1074; TimeCreated = $asked })
    if ($given['ours']) {
        Write-JsonFile -Path (Get-MarkerPath) -Value @{
            asked_at = Format-Instant -Value $asked; scheduled_at = $given['scheduled_at']; message = ''; cancelled = $false
            boot_time = Format-Instant -Value $script:World.BootTime
        }
    }
}

# --- time and jobs -------------------------------------------------------------------------------------------------------------

function Step-World {
    # Time that an act inside a job takes. At the horizon the world stops: the act never ends.
    param([double] $Seconds)

    $next = $script:World.Clock.AddSeconds($Seconds)
    if ($script:World.Stopped -or $next -gt $script:World.Horizon) {
        $script:World.Stopped = $true
        $script:World.Clock = $script:World.Horizon
        throw 'the world stops here'
    }
    $script:World.Clock = $next
}

function Move-World {
    # Lets the device's time pass up to an instant (or, without one, until every job has ended).
    param([AllowNull()] [object] $To)

    $now = $script:World.Clock
    $end = $now
    # Searches first: they only look, while a changing job ends with the updates as it left them.
    foreach ($id in @($script:World.Tasks.Keys | Sort-Object -Property { $script:World.Tasks[$_].Kind -ne 'scan' })) {
        $task = $script:World.Tasks[$id]
        if ($task.Alive) {
            if ([System.IO.Directory]::Exists($task.Path)) { [System.IO.Directory]::Delete($task.Path, $true) }
            Copy-Item -Recurse -LiteralPath $task.Before -Destination $task.Path
            $script:World.Asked = @{}
            if ($task.Kind -ne 'scan') {
                $script:World.Packages = @(foreach ($package in $task.Packages) { Copy-Update -Update $package })
                $script:World.Updates = @(foreach ($update in $task.Updates) { Copy-Update -Update $update })
                $script:World.Tried = @($task.Tried)
            }
            $script:World.Clock = $task.Started
            $script:World.Horizon = [datetime]::MaxValue
            if ($null -ne $To) { $script:World.Horizon = $To }
            $script:World.Stopped = $false
            $script:World.Searched = $false
            $script:World.InJob = $true
            Invoke-DeviceJob -Path $task.Path -Work $(
                if ($task.Kind -eq 'scan') { { param($Spec, $Progress) Invoke-SearchJob -Path $task.Path -Spec $Spec } }
                else { { param($Spec, $Progress) Invoke-ChangeJob -Path $task.Path -Spec $Spec -Progress $Progress } }
            )
            $script:World.InJob = $false
            if (-not $script:World.Stopped) {
                $task.Alive = $false
                if ($script:World.Clock -gt $end) { $end = $script:World.Clock }
            }
            $script:World.Stopped = $false
        }
    }
    $script:World.Horizon = [datetime]::MaxValue
    $script:World.Clock = $end
    if ($null -ne $To) { $script:World.Clock = $To }
}

function Stop-World {
    # The power fails after so many seconds; two minutes later the device is up again.
    param([double] $Seconds)

    Move-World -To $script:World.Clock.AddSeconds($Seconds)
    foreach ($task in $script:World.Tasks.Values) { $task.Alive = $false }
    $script:World.Clock = $script:World.Clock.AddSeconds(120)
    $script:World.BootTime = $script:World.Clock
    $script:World.Restart = $null
    $script:World.Events = @()
}

function Edit-World {
    # Somebody else changes updates.
    param([object[]] $Change)

    foreach ($one in $Change) {
        foreach ($update in @($script:World.Updates) + @($script:World.Packages)) {
            if ($update['id'] -eq $one['id']) { Merge-Value -Into $update -From $one }
        }
    }
}

function Copy-Update {
    param([System.Collections.IDictionary] $Update)

    $copy = @{}
    Merge-Value -Into $copy -From $Update
    $copy
}

function Get-DeviceTime { $script:World.Clock }

function Get-DataFolder { $script:World.Folder }

function Initialize-DataFolder { [void][System.IO.Directory]::CreateDirectory([System.IO.Path]::Combine($script:World.Folder, 'jobs')) }

function Wait-Moment {
    param([int] $Seconds)

    Move-World -To $script:World.Clock.AddSeconds([math]::Max($Seconds, 60))  # a minute at a time is enough for a case
}

function Write-JobLog { param([string] $Path, [string] $Text) }

function Set-StayAwake { }

$script:RealWrite = ${function:Write-DeviceFile}
function Write-DeviceFile {
    param([string] $Path, [string] $Text)

    if (-not $script:World.Stopped) { & $script:RealWrite -Path $Path -Text $Text }
}

function Get-WakeTask { $script:World.WakeTask }

function Register-WakeTask {
    param([string] $Description, [int] $Delay)

    $script:World.WakeTask = $Description
}

function Unregister-WakeTask { $script:World.WakeTask = $null }

function Start-JobTask {
    param([string] $Id, [string] $Path, [string] $TimeLimit)

    $before = [System.IO.Path]::Combine($script:World.Folder, "before-$Id")
    Copy-Item -Recurse -LiteralPath $Path -Destination $before
    $script:World.Tasks[$Id] = @{
        Path = $Path; Before = $before; Started = $script:World.Clock; Alive = $true; Tried = @($script:World.Tried)
        Kind = (Read-JsonFile -Path "$Path/spec.json")['kind']
        Updates = @(foreach ($update in $script:World.Updates) { Copy-Update -Update $update })
        Packages = @(foreach ($package in $script:World.Packages) { Copy-Update -Update $package })
    }
}

function Test-JobTask {
    param([string] $Id)

    $script:World.Tasks.ContainsKey($Id) -and $script:World.Tasks[$Id].Alive
}

function Remove-JobTask { param([string] $Id) }

# --- the update agent ------------------------------------------------------------------------------------------------------------

function Get-ComFailure {
    param([long] $HResult)

    $signed = [System.BitConverter]::ToInt32([System.BitConverter]::GetBytes([uint32]$HResult), 0)
    [System.Runtime.InteropServices.COMException]::new('from the update agent', $signed)
}

function Get-FakeUpdate {
    # An update as WUA shows it.
    param([System.Collections.IDictionary] $Update)

    $behaviour = @{ never = 0; always = 1; can_request = 2 }[$Update['restart']]
    $released = $null
    if ($Update['released']) {
        $released = [datetime]::SpecifyKind((ConvertTo-Instant -Text $Update['released']), [System.DateTimeKind]::Unspecified)
    }
    $shown = [pscustomobject]@{
        Identity = [pscustomobject]@{ UpdateID = $Update['id']; RevisionNumber = $Update['revision'] }
        Title = $Update['title']
        KBArticleIDs = @(foreach ($kb in $Update['kbs']) { $kb.Substring(2) })
        MsrcSeverity = $Update['severity']
        Categories = @(
            foreach ($one in $Update['categories']) {
                if ($one -is [string]) { [pscustomobject]@{ Name = $one; CategoryID = '' } }
                else { [pscustomobject]@{ Name = $one['name']; CategoryID = $one['id'] } }
            }
        )
        CveIDs = $Update['cves']
        MaxDownloadSize = [decimal]$Update['size']
        IsDownloaded = $Update['downloaded']
        IsUninstallable = $Update['uninstallable']
        EulaAccepted = $Update['eula_accepted']
        SupersededUpdateIDs = $Update['supersedes']
        LastDeploymentChangeTime = $released
        InstallationBehavior = [pscustomobject]@{
            RebootBehavior = $behaviour; CanRequestUserInput = $Update['can_request_user_input']
        }
        Fake = $Update
    }
    $shown | Add-Member -MemberType ScriptMethod -Name AcceptEula -Value { $this.Fake['eula_accepted'] = $true }
    $shown
}

function Invoke-FakeAct {
    # Downloads, installs or uninstalls one update of the world.
    param([object] $Shown, [string] $Act)

    $update = $script:World.Updates | Where-Object { $_['id'] -eq $Shown.Identity.UpdateID }
    if ($Act -ne 'download') { $script:World.Tried = @($script:World.Tried) + $update['id'] }
    $script = $update[$Act]
    Step-World -Seconds $script['seconds']
    if ($script['raises']) { throw (Get-ComFailure -HResult $script['raises']) }
    if ($script['result_code'] -eq 2) {
        switch ($Act) {
            'download' { $update['downloaded'] = $true }
            'install' { $update['installed'] = $true }
            'uninstall' { $update['installed'] = $false }
        }
    }
    $answer = [pscustomobject]@{
        ResultCode = $script['result_code']
        HResult = [System.BitConverter]::ToInt32([System.BitConverter]::GetBytes([uint32]$script['hresult']), 0)
        RebootRequired = $script['restart_required']
    }
    $whole = [pscustomobject]@{ Answer = $answer }
    $whole | Add-Member -MemberType ScriptMethod -Name GetUpdateResult -Value { param($Index) $this.Answer }
    $whole
}

function Invoke-FakeSearch {
    param([string] $Criteria)

    $search = $script:World.Search
    if (-not $script:World.Searched) {
        $script:World.Searched = $true
        Step-World -Seconds $search['seconds']
    }
    if ($script:World.Service -eq 'disabled') { throw (Get-ComFailure -HResult 2147943458) }
    if ($search['raises']) { throw (Get-ComFailure -HResult $search['raises']) }
    $installed = $Criteria.Contains('IsInstalled=1')
    $found = @($script:World.Updates | Where-Object { $_['installed'] -eq $installed -and -not $_['hidden'] })
    $warnings = @(
        foreach ($warning in $search['warnings']) { [pscustomobject]@{ HResult = $warning['hresult']; Message = $warning['message'] } }
    )
    [pscustomobject]@{
        ResultCode = $search['result_code']
        Warnings = $warnings
        Updates = @(foreach ($one in $found) { if ($search['bare']) { [pscustomobject]@{ Bare = 1 } } else { Get-FakeUpdate -Update $one } })
    }
}

function Get-UpdateSession {
    $session = [pscustomobject]@{ ClientApplicationID = '' }
    $session | Add-Member -MemberType ScriptMethod -Name CreateUpdateSearcher -Value {
        $searcher = [pscustomobject]@{ ServerSelection = 0; ServiceID = '' }
        $searcher | Add-Member -MemberType ScriptMethod -Name Search -Value { param($Criteria) Invoke-FakeSearch -Criteria $Criteria }
        $searcher
    }
    $session | Add-Member -MemberType ScriptMethod -Name CreateUpdateDownloader -Value {
        $downloader = [pscustomobject]@{ Updates = $null }
        $downloader | Add-Member -MemberType ScriptMethod -Name Download -Value { Invoke-FakeAct -Shown $this.Updates[0] -Act download }
        $downloader
    }
    $session | Add-Member -MemberType ScriptMethod -Name CreateUpdateInstaller -Value {
        $installer = [pscustomobject]@{ Updates = $null; AllowSourcePrompts = $true; ForceQuiet = $false }
        $installer | Add-Member -MemberType ScriptMethod -Name Install -Value { Invoke-FakeAct -Shown $this.Updates[0] -Act install }
        $installer | Add-Member -MemberType ScriptMethod -Name Uninstall -Value { Invoke-FakeAct -Shown $this.Updates[0] -Act uninstall }
        $installer
    }
    $session
}

function Get-UpdateCollection {
    param([object] $Update)

    , @($Update)
}

function Get-UpdateServiceManager {
    $identifier = '9482f4b4-e343-43b6-b170-9a65bc822c77'
    if ($script:World.Source['kind'] -eq 'microsoft_update') { $identifier = '7971f918-a847-4430-9279-4a52d1efe18d' }
    $service = [pscustomobject]@{ IsDefaultAUService = $true; Name = $script:World.Source['name']; ServiceID = $identifier }
    [pscustomobject]@{ Services = @($service) }
}

function Get-UpdateServiceStart { $script:World.Service }

function Get-ManagedUpdateServer { $script:World.Source['server'] }

# --- package managers ------------------------------------------------------------------------------------------------------------

function Find-WingetPath {
    if (-not $script:World.Managers['winget']) { return '' }
    "C:\Program Files\WindowsApps\Microsoft.DesktopAppInstaller_$($script:World.Managers['winget'])_x64__8wekyb3d8bbwe\winget.exe"
}

function Find-ChocolateyPath {
    if (-not $script:World.Managers['chocolatey']) { return '' }
    'C:\ProgramData\chocolatey\bin\choco.exe'
}

function Read-ChocolateySpec {
    param([string] $Package)

    $known = $script:World.Packages | Where-Object { $_['id'] -eq "chocolatey:$Package" }
    [xml]"<package xmlns='urn:x'><metadata><title>$($known['name'])</title><authors>$($known['vendor'])</authors></metadata></package>"
}

function Write-FakeTable {
    # A table as winget prints it for a French user: a spinner, headings, cut to 120 columns with an ellipsis.
    param([object[]] $Row)

    $lines = @(@{ n = 'Nom'; i = 'ID'; v = 'Version'; a = 'Disponible'; s = 'Source' }) + $Row
    $widths = @{ n = 40; i = 36; v = 18; a = 18; s = 6 }
    $printed = @(
        foreach ($line in $lines) {
            @(
                foreach ($column in 'n', 'i', 'v', 'a', 's') {
                    $text = "$($line[$column])"
                    if ($text.Length -gt $widths[$column]) { $text = $text.Substring(0, $widths[$column] - 1) + [char]0x2026 }
                    $text.PadRight($widths[$column])
                }
            ) -join ' '
        }
    )
    '   - '
    $printed[0]
    '-' * 120
    $printed | Select-Object -Skip 1
    "$($Row.Count) mises a niveau disponibles."
}

function Step-Listing {
    # The time that asking a provider takes, once in a job.
    param([string] $Provider)

    if ($script:World.InJob -and -not $script:World.Asked[$Provider]) {
        $script:World.Asked[$Provider] = $true
        Step-World -Seconds 20
    }
}

function Invoke-FakeProgram {
    # An installer or uninstaller of one package runs.
    param([string] $Provider, [string] $Package, [string] $Act)

    $known = $script:World.Packages | Where-Object { $_['id'] -eq "${Provider}:$Package" }
    $id = "${Provider}:$Package@$(if ($Act -eq 'install') { $known['available'] } else { $known['installed'] })"
    $script:World.Tried = @($script:World.Tried) + $id
    if ($Act -eq 'install' -and $known['running']) {
        Step-World -Seconds 5
        if ($Provider -eq 'winget') { return @{ exit_code = -1978334975; lines = @() } }
        return @{ exit_code = 1603; lines = @() }
    }
    Step-World -Seconds $known[$Act]['seconds']
    $code = $known[$Act]['exit_code']
    if (0, 1641, 3010, -1978334967, -1978334965 -contains $code) {
        $known['installed'] = $(if ($Act -eq 'install') { $known['available'] } else { '' })
    }
    @{ exit_code = $code; lines = @() }
}

function Invoke-VendorProcess {
    param([string] $Path, [string[]] $ArgumentList, [int] $Seconds)

    $provider = $(if ($Path -match 'winget') { 'winget' } else { 'chocolatey' })
    $here = @($script:World.Packages | Where-Object { $_['provider'] -eq $provider -and $_['installed'] })
    $newer = @($here | Where-Object { $_['available'] -and $_['available'] -ne $_['installed'] })
    if ($ArgumentList[0] -eq '--version') { return @{ exit_code = 0; lines = @('2.4.3') } }
    if ($ArgumentList -contains '--exact') {
        $act = $(if ($ArgumentList[0] -eq 'upgrade') { 'install' } else { 'uninstall' })
        return Invoke-FakeProgram -Provider $provider -Package $ArgumentList[2] -Act $act
    }
    if ($provider -eq 'chocolatey' -and $ArgumentList -contains '--yes') {
        $act = $(if ($ArgumentList[0] -eq 'upgrade') { 'install' } else { 'uninstall' })
        return Invoke-FakeProgram -Provider $provider -Package $ArgumentList[1] -Act $act
    }
    Step-Listing -Provider $provider
    $lines = @()
    switch ($ArgumentList[0]) {
        'export' {
            $listed = @(foreach ($one in $here) { @{ PackageIdentifier = $one['package']; Version = $one['installed'] } })
            Write-JsonFile -Path $ArgumentList[2] -Value @{ Sources = @(@{ Packages = $listed }) }
        }
        'upgrade' {
            $rows = @(foreach ($one in $newer) {
                    if (-not $one['pinned']) {
                        $name = $(if ($one['name']) { $one['name'] } else { $one['package'] })
                        @{ n = $name; i = $one['package']; v = $one['installed']; a = $one['available']; s = 'winget' }
                    }
                })
            $lines = @(Write-FakeTable -Row $rows)
        }
        'pin' {
            $rows = @(foreach ($one in $here) {
                    if ($one['pinned']) { @{ n = $one['package']; i = $one['package']; v = $one['installed']; a = 'winget'; s = 'Pinning' } }
                })
            $lines = @(Write-FakeTable -Row $rows)
        }
        'list' { $lines = @(foreach ($one in $here) { "$($one['package'])|$($one['installed'])" }) }
        'outdated' {
            $lines = @(foreach ($one in $newer) {
                    "$($one['package'])|$($one['installed'])|$($one['available'])|$("$($one['pinned'])".ToLowerInvariant())"
                })
        }
    }
    @{ exit_code = 0; lines = $lines }
}

function Get-UninstallEntry {
    foreach ($one in $script:World.Programs) {
        if ($one) {
            @{
                Scope = $one['scope']; DisplayName = $one['name']; DisplayVersion = $one['version']; Publisher = $one['publisher']
                SystemComponent = ''; ParentKeyName = ''; ReleaseType = ''
            }
        }
    }
}

# --- the rest of Windows ---------------------------------------------------------------------------------------------------------

function Get-DeviceInstance {
    param([string] $ClassName, [string] $Filter = '')

    $computer = $script:World.Computer
    switch ($ClassName) {
        'Win32_OperatingSystem' {
            $type = 1
            if ($computer['chassis'] -eq 'server') { $type = 3 }
            [pscustomobject]@{ LastBootUpTime = $script:World.BootTime; SystemDrive = 'C:'; ProductType = $type }
        }
        'Win32_ComputerSystem' {
            $model = $computer['model']
            if ($computer['chassis'] -eq 'virtual') { $model = 'Virtual Machine' }
            [pscustomobject]@{
                Name = $computer['computer_name']; Domain = $computer['domain']; Manufacturer = $computer['manufacturer']; Model = $model
                PartOfDomain = $script:World.Seat['domain_trust'] -ne 'not_joined'
            }
        }
        'Win32_SystemEnclosure' {
            $type = @{ desktop = 3; laptop = 10; server = 23; virtual = 1; unknown = 2 }[$computer['chassis']]
            [pscustomobject]@{ ChassisTypes = @($type) }
        }
        'Win32_UserAccount' {
            Test-FakeFact -Fact machine_sid
            [pscustomobject]@{ SID = "$($script:World.Seat['machine_sid'])-500" }
        }
        'Win32_Process' { if ($script:World.Sysprep['running']) { [pscustomobject]@{ Name = 'sysprep.exe' } } }
        'SoftwareLicensingService' {
            Test-FakeFact -Fact rearm_left
            [pscustomobject]@{ RemainingWindowsReArmCount = [uint32]$script:World.Sysprep['rearm_left'] }
        }
        'SoftwareLicensingProduct' {
            Test-FakeFact -Fact activation
            $held = $script:World.Seat['activation']
            if ($null -ne $held) {
                $states = @{ unlicensed = 0; licensed = 1; grace = 3; non_genuine = 4; notification = 5 }
                [pscustomobject]@{
                    LicenseStatus = [uint32]$states[$held['status']]; ProductKeyChannel = $held['channel']
                    GracePeriodRemaining = [uint32]$held['grace_minutes']
                }
            }
        }
        'Win32_LogicalDisk' { [pscustomobject]@{ FreeSpace = $computer['free_bytes'] } }
    }
}

function Test-MachineKey {
    param([string] $Path)

    if ($Path.EndsWith('\Component Based Servicing\RebootPending')) { return $script:World.Pending['cbs'] }
    if ($Path.EndsWith('\WindowsUpdate\Auto Update\RebootRequired')) { return $script:World.Pending['windows_update'] }
    $false
}

function Get-MachineValue {
    param([string] $Path, [string] $Name)

    $computer = $script:World.Computer
    switch ($Name) {
        'EditionID' { $computer['os']['edition'] }
        'DisplayVersion' { $computer['os']['version'] }
        'CurrentBuild' { "$($computer['os']['build'])" }
        'UBR' {
            Test-FakeFact -Fact os
            $computer['os']['ubr']
        }
        'ImageState' {
            Test-FakeFact -Fact image_state
            $script:World.Sysprep['image_state']
        }
        'SusClientId' {
            Test-FakeFact -Fact wsus_client_id
            $script:World.Seat['wsus_client_id']
        }
        'PendingFileRenameOperations' { if ($script:World.Pending['file_rename']) { '\??\C:\Windows\old.dll'; '' } }
        'ServicingInProgress' { if ($script:World.Pending['servicing']) { 2 } }
        'ComputerName' {
            if ($script:World.Pending['computer_rename'] -and $Path -notmatch 'ActiveComputerName$') { 'NEW-NAME' }
            else { $computer['computer_name'] }
        }
    }
}

function Get-SecureChannelCode {
    param([string] $Domain)

    Test-FakeFact -Fact domain_trust
    @{ ok = [long]0; broken = [long]1789; unknown = [long]1311 }[$script:World.Seat['domain_trust']]
}

function Get-FileDigest {
    param([string] $Path)

    Test-FakeFact -Fact "files:$Path"
    $text = $script:World.Seat['files'][$Path]
    if ($null -eq $text) { return $null }
    $stream = [System.IO.MemoryStream]::new([System.Text.Encoding]::UTF8.GetBytes($text))
    (Get-FileHash -InputStream $stream -Algorithm SHA256).Hash.ToLowerInvariant()
}

function Get-EncryptableVolume {
    Test-FakeFact -Fact bitlocker
    foreach ($volume in $script:World.Sysprep['bitlocker']) {
        if ($volume) {
            $protection = 2
            if ($null -ne $volume['protected']) { $protection = [int]$volume['protected'] }
            $conversion = $null
            if ($null -ne $volume['encrypted']) { $conversion = [int]$volume['encrypted'] }
            [pscustomobject]@{ DriveLetter = $volume['drive']; ProtectionStatus = $protection; ConversionStatus = $conversion }
        }
    }
}

function Get-UserPackage {
    Test-FakeFact -Fact appx
    foreach ($package in $script:World.Sysprep['packages']) {
        if ($package) {
            $kind = $(if ($package['system']) { 'System' } else { 'Store' })
            [pscustomobject]@{ Name = $package['name']; IsFramework = [bool]$package['framework']; SignatureKind = $kind }
        }
    }
}

function Get-ProvisionedName { $script:World.Sysprep['provisioned'] }

function Start-SysprepProcess {
    param([string] $Command)

    $script:World.Generalised++
}

$script:RealRead = ${function:Read-DeviceFile}
function Read-DeviceFile {
    # Files of the case come from it; those that the modules write are on this machine.
    param([string] $Path)

    if ($Path.EndsWith('setuperr.log')) { return $script:World.Sysprep['errors'] -join "`r`n" }
    if ($script:World.ContainsKey('Seat') -and $script:World.Seat['files'].Contains($Path)) {
        return $script:World.Seat['files'][$Path]
    }
    & $script:RealRead -Path $Path
}

function Get-SystemInformation {
    if (-not $script:World.Readable) { throw [System.UnauthorizedAccessException]::new('Access is denied.') }
    [pscustomobject]@{ RebootRequired = $script:World.Pending['wua'] }
}

function Get-UserSession {
    $number = 0
    foreach ($user in $script:World.Users) {
        $number++
        $ticks = [long]-1
        if ($null -ne $user['idle_seconds']) { $ticks = [long]$user['idle_seconds'] * 10000000 }
        [pscustomobject]@{ Id = $number; Name = $user['name']; Active = $user['active']; IdleTicks = $ticks }
    }
}

function Send-SessionMessage {
    param([int] $SessionId, [string] $Title, [string] $Text)

    $script:World.Messages++
    $true
}

function Get-PowerState {
    $computer = $script:World.Computer
    $state = [pscustomobject]@{ Line = @{ ac = 1; battery = 0; unknown = 255 }[$computer['power']]; Percent = 255; Flag = 128 }
    if ($null -ne $computer['battery_percent']) {
        $state.Percent = $computer['battery_percent']
        $state.Flag = 0
    }
    $state
}

function Get-ShutdownEvent {
    param([datetime] $Since)

    $script:World.Events | Where-Object { $_.TimeCreated -ge $Since }
}

function Invoke-ShutdownCommand {
    param([string[]] $ArgumentList)

    if ($ArgumentList[0] -eq '/a') {
        if ($null -eq $script:World.Restart) { return 1116 }
        $script:World.Restart = $null
        $script:World.Events = @($script:World.Events) + [pscustomobject]@{ Id = 1075; TimeCreated = $script:World.Clock }
        return 0
    }
    if ($null -ne $script:World.Restart) { return 1190 }
    $due = $script:World.Clock.AddSeconds([int]$ArgumentList[2])
    $script:World.Restart = @{ scheduled_at = Format-Instant -Value $due; ours = $true }
    $script:World.Events = @($script:World.Events) + [pscustomobject]@{ Id = 1074; TimeCreated = $script:World.Clock }
    0
}

function Get-FakeMarker {
    param([string] $Kind)

    try { Read-ImageMarker -Kind $Kind } catch { 'torn' }
}

function Get-Truth {
    # What is really so on the device.
    $folders = @([System.IO.Directory]::GetDirectories([System.IO.Path]::Combine($script:World.Folder, 'jobs')))
    $packages = @{}
    foreach ($package in $script:World.Packages) { $packages[$package['id']] = $package['installed'] }
    @{
        packages = $packages
        installed = @($script:World.Updates | Where-Object { $_['installed'] } | ForEach-Object { $_['id'] } | Sort-Object)
        tried = @($script:World.Tried)
        job_folders = @($folders | ForEach-Object { [System.IO.Path]::GetFileName($_) } | Sort-Object)
        restart = $script:World.Restart
        messages = $script:World.Messages
        sysprep_started = $script:World.Generalised
        markers = @{ image = Get-FakeMarker -Kind image; run = Get-FakeMarker -Kind run }
    }
}
