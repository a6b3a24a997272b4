namespace SoonShop.Imports;

/// <summary>Configuration section <c>Imports</c>: imports of CSV files.</summary>
public sealed class ImportsOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Imports";

    /// <summary>The largest file, in bytes, uncompressed; 413 beyond.</summary>
    public long MaxFileBytes { get; set; } = 1024L * 1024 * 1024;

    /// <summary>The maximum number of jobs that have not ended; 409 beyond.</summary>
    public int MaxOpenJobs { get; set; } = 100;

    /// <summary>
    /// The maximum number of jobs that the cluster works on at the same time. Others wait. 0 on all silos stops the work.
    /// </summary>
    public int MaxRunningJobs { get; set; } = 1;

    /// <summary>
    /// The maximum number of calls to grains that a job makes at the same time. More is faster, and slows checkouts down.
    /// </summary>
    public int Parallelism { get; set; } = 8;

    /// <summary>The time after which another silo continues the job of a silo that died, in seconds.</summary>
    public double LeaseSeconds { get; set; } = 30;

    /// <summary>The interval at which a silo looks for waiting jobs, in seconds.</summary>
    public double PollSeconds { get; set; } = 1;

    /// <summary>How often a batch is tried in a row while the shop is busy, before the job waits for a minute.</summary>
    public int MaxAttempts { get; set; } = 5;

    /// <summary>How often a job waits without a row applied, before it fails.</summary>
    public int MaxWaits { get; set; } = 60;

    /// <summary>The time after which files and results are deleted, in days.</summary>
    public double RetentionDays { get; set; } = 30;

    /// <summary>The time after which incomplete uploads are deleted, in hours.</summary>
    public double UploadHours { get; set; } = 2;

    /// <summary>What is wrong, each with what to set.</summary>
    public IEnumerable<string> Problems()
    {
        foreach (var (name, value, min, max) in ((string, double, double, double)[])
        [
            (nameof(MaxFileBytes), MaxFileBytes, 1024, 1024L * 1024 * 1024 * 16),
            (nameof(MaxOpenJobs), MaxOpenJobs, 1, 10_000),
            (nameof(MaxRunningJobs), MaxRunningJobs, 0, 100),
            (nameof(Parallelism), Parallelism, 1, 256),
            (nameof(LeaseSeconds), LeaseSeconds, 0.5, 600),
            (nameof(PollSeconds), PollSeconds, 0.05, 60),
            (nameof(MaxAttempts), MaxAttempts, 1, 100),
            (nameof(MaxWaits), MaxWaits, 0, 10_000),
            (nameof(RetentionDays), RetentionDays, 0.01, 3650),
            (nameof(UploadHours), UploadHours, 0.01, 24 * 30),
        ])
        {
            if (!(value >= min && value <= max))
                yield return FormattableString.Invariant($"{Section}:{name} is {value}; set {Section}__{name} to {min}–{max}.");
        }
    }
}
