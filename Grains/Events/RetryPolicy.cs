namespace SoonShop.Events;

/// <summary>How the pauses between delayed retries grow.</summary>
public enum Backoff
{
    /// <summary>No delayed retries.</summary>
    None,

    /// <summary>The first delay each time.</summary>
    Fixed,

    /// <summary>Each delay is longer by the factor, up to the longest delay.</summary>
    Exponential,

    /// <summary>The delays of the list.</summary>
    Custom,
}

/// <summary>The settings of a retry policy, from a handler's attribute or from the configuration.</summary>
internal interface IRetrySettings
{
    /// <summary>Immediate retries, 0–5: made at once, within the same call.</summary>
    int Immediate { get; }

    /// <summary>How the delays of the durable retries grow.</summary>
    Backoff Backoff { get; }

    /// <summary>Durable retries, 0–50, or 2147483647 for retries without end; with custom backoff, the length of the list counts.</summary>
    int Retries { get; }

    /// <summary>The first delay, in seconds (0.1 s to 7 days).</summary>
    double FirstSeconds { get; }

    /// <summary>The longest delay, in seconds (at most 7 days).</summary>
    double MaxSeconds { get; }

    /// <summary>By how much each delay is multiplied, 1–100.</summary>
    double Factor { get; }

    /// <summary>The share by which a delay varies at random, 0–1.</summary>
    double Jitter { get; }

    /// <summary>The delays of custom backoff, in seconds (each 0.1 s to 7 days).</summary>
    double[] DelaysSeconds { get; }
}

/// <summary>What follows a failed attempt: immediate retries in place, then delayed durable ones, then a dead letter.</summary>
public sealed record RetryPolicy
{
    /// <summary>The most immediate retries that can be set.</summary>
    public const int MaxImmediate = 5;

    /// <summary>The most delayed retries that can be set.</summary>
    public const int MaxRetries = 50;

    /// <summary>Retries without end, for events that must be handled.</summary>
    public const int Endless = int.MaxValue;

    /// <summary>The longest delay that can be set.</summary>
    public static readonly TimeSpan LongestDelay = TimeSpan.FromDays(7);

    /// <summary>The shortest possible delay: due retries are not read more often.</summary>
    public static readonly TimeSpan ShortestDelay = TimeSpan.FromMilliseconds(100);

    /// <summary>No retries: the first failure makes a dead letter.</summary>
    public static RetryPolicy None { get; } = new();

    /// <summary>
    /// The default: one immediate retry, then retries after 1, 2, 4 … seconds, at most 5 minutes, for about 17 minutes in total.
    /// </summary>
    public static RetryPolicy Default { get; } = new()
    {
        Immediate = 1,
        Backoff = Backoff.Exponential,
        Retries = 10,
        First = TimeSpan.FromSeconds(1),
        Max = TimeSpan.FromMinutes(5),
        Factor = 2,
        Jitter = 0.2,
    };

    /// <summary>The number of immediate retries.</summary>
    public int Immediate { get; init; }

    /// <summary>How the delays grow.</summary>
    public Backoff Backoff { get; init; }

    /// <summary>The number of delayed retries with fixed or exponential backoff.</summary>
    public int Retries { get; init; }

    /// <summary>The first delay.</summary>
    public TimeSpan First { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest delay, including jitter.</summary>
    public TimeSpan Max { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The factor between one delay and the next.</summary>
    public double Factor { get; init; } = 2;

    /// <summary>
    /// The fraction, 0–1, by which a delay varies at random, so that deliveries that failed together are not retried together.
    /// </summary>
    public double Jitter { get; init; }

    /// <summary>The delays of custom backoff.</summary>
    public ImmutableArray<TimeSpan> Delays { get; init; } = [];

    /// <summary>The number of delayed retries.</summary>
    public int DelayedRetries => Backoff switch { Backoff.None => 0, Backoff.Custom => Delays.Length, _ => Retries };

    /// <summary>Creates the policy from settings.</summary>
    internal static RetryPolicy Of(IRetrySettings settings) => new()
    {
        Immediate = settings.Immediate,
        Backoff = settings.Backoff,
        Retries = settings.Retries,
        First = TimeSpan.FromSeconds(settings.FirstSeconds),
        Max = TimeSpan.FromSeconds(settings.MaxSeconds),
        Factor = settings.Factor,
        Jitter = settings.Jitter,
        Delays = [.. settings.DelaysSeconds.Select(TimeSpan.FromSeconds)],
    };

    /// <summary>Returns what is wrong; <paramref name="path"/> names the place of the settings.</summary>
    internal IEnumerable<string> Problems(string path)
    {
        if (Immediate is < 0 or > MaxImmediate)
            yield return $"{path}: Immediate is {Immediate}; set it to 0–{MaxImmediate}.";
        if (!Enum.IsDefined(Backoff))
            yield return $"{path}: Backoff is {Backoff}; set it to None, Fixed, Exponential or Custom.";
        if (DelayedRetries is < 0 or (> MaxRetries and not Endless))
            yield return $"{path}: there are {DelayedRetries} delayed retries; set 0–{MaxRetries}, or {Endless} for retries without end.";
        if (Backoff is Backoff.Fixed or Backoff.Exponential && (First < ShortestDelay || First > LongestDelay || Max > LongestDelay))
            yield return $"{path}: the delays reach from {First.TotalSeconds} s to {Max.TotalSeconds} s; "
                + $"keep them within {ShortestDelay.TotalSeconds} s and {LongestDelay.TotalDays} days.";
        if (Backoff is Backoff.Exponential && (Max < First || Factor is not (>= 1 and <= 100)))
            yield return $"{path}: delays of {First.TotalSeconds} s that grow by {Factor} to {Max.TotalSeconds} s; "
                + "set MaxSeconds to no less than FirstSeconds, and Factor to 1–100.";
        if (Backoff is Backoff.Custom && (Delays.IsEmpty || Delays.Any(d => d < ShortestDelay || d > LongestDelay)))
            yield return $"{path}: custom backoff needs DelaysSeconds, each from {ShortestDelay.TotalSeconds} s to "
                + $"{LongestDelay.TotalDays} days.";
        if (Jitter is not (>= 0 and <= 1))
            yield return $"{path}: Jitter is {Jitter}; set it to 0–1.";
    }

    /// <summary>Returns what follows a failed attempt.</summary>
    /// <param name="failed">The number of failed attempts so far.</param>
    /// <param name="inPlace">True when an immediate retry is possible. Otherwise immediate retries count as used.</param>
    /// <param name="random">A random number of [0, 1) for the jitter.</param>
    public NextStep Next(int failed, bool inPlace, double random)
    {
        if (inPlace && failed <= Immediate)
            return NextStep.Now;
        var retry = Math.Max(1, failed - Immediate);
        return retry <= DelayedRetries ? NextStep.After(Delay(retry, random)) : NextStep.GiveUp;
    }

    /// <summary>Returns the pause before a delayed retry.</summary>
    /// <param name="retry">1 for the first.</param>
    /// <param name="random">A random number of [0, 1); 0.5 for the delay without jitter.</param>
    public TimeSpan Delay(int retry, double random)
    {
        var delay = Backoff switch
        {
            Backoff.Custom => Delays[retry - 1],
            // A large power becomes infinity, and Min then returns the longest delay.
            Backoff.Exponential => TimeSpan.FromSeconds(Math.Min(Max.TotalSeconds, First.TotalSeconds * Math.Pow(Factor, retry - 1))),
            _ => First,
        };
        var jittered = delay * (1 + (Jitter * ((2 * random) - 1)));
        var longest = Backoff == Backoff.Exponential ? Max : LongestDelay;
        return jittered < ShortestDelay ? ShortestDelay : jittered > longest ? longest : jittered;
    }
}

/// <summary>The step after a failed attempt.</summary>
/// <param name="Kind">The kind of step.</param>
/// <param name="Delay">The pause before a delayed retry.</param>
public readonly record struct NextStep(NextStepKind Kind, TimeSpan Delay)
{
    /// <summary>Retry at once.</summary>
    public static NextStep Now => new(NextStepKind.RetryNow, TimeSpan.Zero);

    /// <summary>Create a dead letter.</summary>
    public static NextStep GiveUp => new(NextStepKind.GiveUp, TimeSpan.Zero);

    /// <summary>Retry later.</summary>
    public static NextStep After(TimeSpan delay) => new(NextStepKind.RetryLater, delay);
}

/// <summary>The kinds of steps after a failed attempt.</summary>
public enum NextStepKind
{
    /// <summary>An immediate retry in place.</summary>
    RetryNow,

    /// <summary>A durable retry.</summary>
    RetryLater,

    /// <summary>A dead letter.</summary>
    GiveUp,
}
