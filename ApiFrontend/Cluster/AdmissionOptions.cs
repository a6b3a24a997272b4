namespace SoonShop.ApiFrontend.Cluster;

/// <summary>Configuration section <c>Admission</c>: how many requests this front end works on at once.</summary>
public sealed class AdmissionOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Admission";

    /// <summary>False: every request is let in.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>Requests at once to begin with; from there the limit finds itself.</summary>
    public int InitialLimit { get; set; } = 64;

    /// <summary>The limit never falls below this. With <see cref="MaxLimit"/> the same, the limit is fixed.</summary>
    public int MinLimit { get; set; } = 16;

    /// <summary>The limit never rises above this.</summary>
    public int MaxLimit { get; set; } = 1000;

    /// <summary>While half of the requests take longer than this many milliseconds, the limit falls; while they do not, and it is reached, it rises.</summary>
    public int TargetMilliseconds { get; set; } = 100;

    /// <summary>Requests that wait for a place; more are refused at once.</summary>
    public int MaxWaiting { get; set; } = 64;

    /// <summary>How long one waits for a place, in milliseconds, before it is refused.</summary>
    public int MaxWaitMilliseconds { get; set; } = 500;

    /// <summary>As <see cref="TargetMilliseconds"/>, for requests that wait for the payment provider.</summary>
    public int PaymentTargetMilliseconds { get; set; } = 1000;

    /// <summary>Requests at once that wait for a password to be hashed or checked: no more than the silos hash within <c>Accounts:PasswordWaitSeconds</c>.</summary>
    public int PasswordLimit { get; set; } = 8;

    /// <summary>Requests that wait for one of those places; more are refused at once.</summary>
    public int PasswordMaxWaiting { get; set; } = 100;

    /// <summary>How long one waits for such a place, in milliseconds, before it is refused.</summary>
    public int PasswordMaxWaitMilliseconds { get; set; } = 10_000;

    /// <summary>The limit of requests that wait for the payment provider: as the general one, with a target of its own.</summary>
    internal AdmissionOptions ForPayments() => new()
    {
        InitialLimit = InitialLimit,
        MinLimit = MinLimit,
        MaxLimit = MaxLimit,
        TargetMilliseconds = PaymentTargetMilliseconds,
        MaxWaiting = MaxWaiting,
        MaxWaitMilliseconds = MaxWaitMilliseconds,
    };

    /// <summary>The limit of requests that wait for a password: fixed, with a longer wait.</summary>
    internal AdmissionOptions ForPasswords() => new()
    {
        InitialLimit = PasswordLimit,
        MinLimit = PasswordLimit,
        MaxLimit = PasswordLimit,
        MaxWaiting = PasswordMaxWaiting,
        MaxWaitMilliseconds = PasswordMaxWaitMilliseconds,
    };

    /// <summary>What is wrong, each with what to set.</summary>
    public IEnumerable<string> Problems()
    {
        if (MinLimit is < 1 or > 100_000)
            yield return $"Admission:MinLimit is {MinLimit}; set Admission__MinLimit to 1–100000.";
        if (MaxLimit < MinLimit || MaxLimit > 100_000)
            yield return $"Admission:MaxLimit is {MaxLimit}; set Admission__MaxLimit to {MinLimit}–100000, and not below Admission:MinLimit.";
        if (InitialLimit < MinLimit || InitialLimit > MaxLimit)
            yield return $"Admission:InitialLimit is {InitialLimit}; set Admission__InitialLimit between Admission:MinLimit and Admission:MaxLimit.";
        if (TargetMilliseconds is < 1 or > 60_000)
            yield return $"Admission:TargetMilliseconds is {TargetMilliseconds}; set Admission__TargetMilliseconds to 1–60000.";
        if (MaxWaiting is < 0 or > 100_000)
            yield return $"Admission:MaxWaiting is {MaxWaiting}; set Admission__MaxWaiting to 0–100000.";
        if (MaxWaitMilliseconds is < 0 or > 60_000)
            yield return $"Admission:MaxWaitMilliseconds is {MaxWaitMilliseconds}; set Admission__MaxWaitMilliseconds to 0–60000.";
        if (PaymentTargetMilliseconds is < 1 or > 60_000)
            yield return $"Admission:PaymentTargetMilliseconds is {PaymentTargetMilliseconds}; set Admission__PaymentTargetMilliseconds to 1–60000.";
        if (PasswordLimit is < 1 or > 100_000)
            yield return $"Admission:PasswordLimit is {PasswordLimit}; set Admission__PasswordLimit to 1–100000.";
        if (PasswordMaxWaiting is < 0 or > 100_000)
            yield return $"Admission:PasswordMaxWaiting is {PasswordMaxWaiting}; set Admission__PasswordMaxWaiting to 0–100000.";
        if (PasswordMaxWaitMilliseconds is < 0 or > 60_000)
            yield return $"Admission:PasswordMaxWaitMilliseconds is {PasswordMaxWaitMilliseconds}; set Admission__PasswordMaxWaitMilliseconds to 0–60000.";
    }
}
