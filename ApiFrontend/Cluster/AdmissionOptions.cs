namespace SoonShop.ApiFrontend.Cluster;

/// <summary>Configuration section <c>Admission</c>: how many requests a front end works on at the same time.</summary>
public sealed class AdmissionOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Admission";

    /// <summary>Limits the number of concurrent requests. Set it to <c>false</c> for a load test.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>The limit of concurrent requests at start. From there it adapts.</summary>
    public int InitialLimit { get; set; } = 64;

    /// <summary>The lowest limit. With the same <c>MaxLimit</c>, the limit is fixed.</summary>
    public int MinLimit { get; set; } = 16;

    /// <summary>The highest limit.</summary>
    public int MaxLimit { get; set; } = 1000;

    /// <summary>
    /// The target for the median duration of requests, in milliseconds. The limit falls while the median is longer, and rises while it is
    /// shorter and the limit is reached.
    /// </summary>
    public int TargetMilliseconds { get; set; } = 100;

    /// <summary>The maximum number of requests that wait for a place. Further requests get 503.</summary>
    public int MaxWaiting { get; set; } = 64;

    /// <summary>How long a request waits for a place, in milliseconds. Then it gets 503.</summary>
    public int MaxWaitMilliseconds { get; set; } = 500;

    /// <summary>The target for requests that wait for the payment provider, in milliseconds. They have a limit of their own.</summary>
    public int PaymentTargetMilliseconds { get; set; } = 1000;

    /// <summary>
    /// The limit of concurrent requests that hash or check a password. It is fixed. Do not set it higher than the number of passwords that
    /// all silos can hash within <c>Accounts:PasswordWaitSeconds</c>.
    /// </summary>
    public int PasswordLimit { get; set; } = 8;

    /// <summary>The maximum number of requests that wait for one of those places. Further requests get 503.</summary>
    public int PasswordMaxWaiting { get; set; } = 100;

    /// <summary>How long a request waits for one of those places, in milliseconds. Then it gets 503.</summary>
    public int PasswordMaxWaitMilliseconds { get; set; } = 10_000;

    /// <summary>Returns the options for requests that wait for the payment provider: the general ones with another target.</summary>
    internal AdmissionOptions ForPayments() => new()
    {
        InitialLimit = InitialLimit,
        MinLimit = MinLimit,
        MaxLimit = MaxLimit,
        TargetMilliseconds = PaymentTargetMilliseconds,
        MaxWaiting = MaxWaiting,
        MaxWaitMilliseconds = MaxWaitMilliseconds,
    };

    /// <summary>Returns the options for requests that wait for a password: a fixed limit with a longer wait.</summary>
    internal AdmissionOptions ForPasswords() => new()
    {
        InitialLimit = PasswordLimit,
        MinLimit = PasswordLimit,
        MaxLimit = PasswordLimit,
        MaxWaiting = PasswordMaxWaiting,
        MaxWaitMilliseconds = PasswordMaxWaitMilliseconds,
    };

    /// <summary>Returns what is wrong, each with the value to set.</summary>
    public IEnumerable<string> Problems()
    {
        if (MinLimit is < 1 or > 100_000)
            yield return $"Admission:MinLimit is {MinLimit}; set Admission__MinLimit to 1–100000.";
        if (MaxLimit < MinLimit || MaxLimit > 100_000)
            yield return $"Admission:MaxLimit is {MaxLimit}; set Admission__MaxLimit to {MinLimit}–100000, and not below "
                + "Admission:MinLimit.";
        if (InitialLimit < MinLimit || InitialLimit > MaxLimit)
            yield return $"Admission:InitialLimit is {InitialLimit}; set Admission__InitialLimit between Admission:MinLimit and "
                + "Admission:MaxLimit.";
        if (TargetMilliseconds is < 1 or > 60_000)
            yield return $"Admission:TargetMilliseconds is {TargetMilliseconds}; set Admission__TargetMilliseconds to 1–60000.";
        if (MaxWaiting is < 0 or > 100_000)
            yield return $"Admission:MaxWaiting is {MaxWaiting}; set Admission__MaxWaiting to 0–100000.";
        if (MaxWaitMilliseconds is < 0 or > 60_000)
            yield return $"Admission:MaxWaitMilliseconds is {MaxWaitMilliseconds}; set Admission__MaxWaitMilliseconds to 0–60000.";
        if (PaymentTargetMilliseconds is < 1 or > 60_000)
            yield return $"Admission:PaymentTargetMilliseconds is {PaymentTargetMilliseconds}; set Admission__PaymentTargetMilliseconds to "
                + "1–60000.";
        if (PasswordLimit is < 1 or > 100_000)
            yield return $"Admission:PasswordLimit is {PasswordLimit}; set Admission__PasswordLimit to 1–100000.";
        if (PasswordMaxWaiting is < 0 or > 100_000)
            yield return $"Admission:PasswordMaxWaiting is {PasswordMaxWaiting}; set Admission__PasswordMaxWaiting to 0–100000.";
        if (PasswordMaxWaitMilliseconds is < 0 or > 60_000)
            yield return $"Admission:PasswordMaxWaitMilliseconds is {PasswordMaxWaitMilliseconds}; set "
                + "Admission__PasswordMaxWaitMilliseconds to 0–60000.";
    }
}
