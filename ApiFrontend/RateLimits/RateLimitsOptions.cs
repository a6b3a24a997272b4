using SoonShop.RateLimits;

namespace SoonShop.ApiFrontend.RateLimits;

/// <summary>
/// Configuration section <c>RateLimits</c>: how many requests one user or address may make, by class of routes.
/// <c>appsettings.Development.json</c> sets higher limits.
/// </summary>
public sealed class RateLimitsOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "RateLimits";

    /// <summary>The largest limit that a process counts.</summary>
    private const int MaxRequests = 1_000_000;

    /// <summary>Applies rate limits. Set it to <c>false</c> for a load test.</summary>
    public bool Enabled { get; set; } = true;

    /// <inheritdoc cref="RateClass.Login"/>
    public ClassLimit Login { get; set; } = new(20, 60);

    /// <inheritdoc cref="RateClass.Registration"/>
    public ClassLimit Registration { get; set; } = new(10, 600);

    /// <inheritdoc cref="RateClass.Recovery"/>
    public ClassLimit Recovery { get; set; } = new(10, 600);

    /// <inheritdoc cref="RateClass.Mail"/>
    /// <remarks>
    /// Keep it above <c>Notifications:Email:GuestMailsPerHour</c> of the silos, so that mails about orders do not use up the mails for
    /// password resets.
    /// </remarks>
    public ClassLimit Mail { get; set; } = new(8, 3600);

    /// <inheritdoc cref="RateClass.Tokens"/>
    public ClassLimit Tokens { get; set; } = new(60, 60);

    /// <inheritdoc cref="RateClass.Checkout"/>
    public ClassLimit Checkout { get; set; } = new(60, 60);

    /// <inheritdoc cref="RateClass.Writes"/>
    public ClassLimit Writes { get; set; } = new(240, 60);

    /// <inheritdoc cref="RateClass.Reads"/>
    public ClassLimit Reads { get; set; } = new(1200, 60);

    /// <inheritdoc cref="RateClass.Exports"/>
    public ClassLimit Exports { get; set; } = new(10, 600);

    /// <inheritdoc cref="RateClass.Admin"/>
    public ClassLimit Admin { get; set; } = new(600, 60);

    /// <inheritdoc cref="RateClass.Webhooks"/>
    public ClassLimit Webhooks { get; set; } = new(6000, 60);

    /// <summary>Returns the limit of a class.</summary>
    internal ClassLimit Of(RateClass rateClass) => rateClass switch
    {
        RateClass.Login => Login,
        RateClass.Registration => Registration,
        RateClass.Recovery => Recovery,
        RateClass.Mail => Mail,
        RateClass.Tokens => Tokens,
        RateClass.Checkout => Checkout,
        RateClass.Writes => Writes,
        RateClass.Reads => Reads,
        RateClass.Exports => Exports,
        RateClass.Admin => Admin,
        RateClass.Webhooks => Webhooks,
        _ => throw new ArgumentOutOfRangeException(nameof(rateClass), rateClass, "has no limit"),
    };

    /// <summary>True for the strict classes, which all front ends count together.</summary>
    internal static bool IsCountedInCluster(RateClass rateClass) =>
        rateClass is RateClass.Login or RateClass.Registration or RateClass.Recovery or RateClass.Mail or RateClass.Tokens;

    /// <summary>Returns what is wrong, each with the value to set.</summary>
    public IEnumerable<string> Problems()
    {
        foreach (var rateClass in Enum.GetValues<RateClass>())
        {
            var (limit, most, longest) = (
                Of(rateClass), IsCountedInCluster(rateClass) ? RateLimit.MaxRequests : MaxRequests, (int)RateLimit.MaxWindow.TotalSeconds);
            if (limit.Requests < 1 || limit.Requests > most)
                yield return $"{Section}:{rateClass}:Requests is {limit.Requests}; set {Section}__{rateClass}__Requests to 1–{most}.";
            if (limit.WindowSeconds < 1 || limit.WindowSeconds > longest)
                yield return $"{Section}:{rateClass}:WindowSeconds is {limit.WindowSeconds}; set {Section}__{rateClass}__WindowSeconds to "
                    + $"1–{longest}.";
        }
    }
}

/// <summary>The limit of one class.</summary>
public sealed class ClassLimit(int requests, int windowSeconds)
{
    /// <summary>The maximum number of requests in a window.</summary>
    public int Requests { get; set; } = requests;

    /// <summary>The length of the window, in seconds.</summary>
    public int WindowSeconds { get; set; } = windowSeconds;

    /// <summary>The length of the window.</summary>
    internal TimeSpan Window => TimeSpan.FromSeconds(WindowSeconds);
}
