namespace SoonShop.StripeTesting;

/// <summary>Which faults happen: those asked for once, route by route, and those at random. For many threads.</summary>
public sealed class StripeFaults
{
    /// <summary>The route of what a test does by hand, such as authenticating a payment.</summary>
    public const string Controls = "/test";

    private const int MaxPlanned = 10_000;
    private readonly Lock sync = new();
    private readonly List<Planned> planned = [];
    private readonly Dictionary<Fault, double> rates = [];
    private readonly Dictionary<Fault, long> counts = [];
    private Random random;

    internal StripeFaults(int seed) => random = new Random(seed);

    /// <summary>Lets a fault happen to the next requests.</summary>
    /// <param name="fault">Which.</param>
    /// <param name="route">
    /// Whose requests: such as <c>POST /v1/payment_intents/{intent}/confirm</c>, <c>*</c> for all, or <see cref="Controls"/> for what a
    /// test does by hand, of which the webhooks alone can go wrong.
    /// </param>
    /// <param name="times">How many requests.</param>
    /// <param name="skip">How many such requests go well before.</param>
    public void Plan(Fault fault, string route = "*", int times = 1, int skip = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(times);
        ArgumentOutOfRangeException.ThrowIfNegative(skip);
        lock (sync)
        {
            if (planned.Count >= MaxPlanned)
                throw new InvalidOperationException($"{MaxPlanned} faults are planned already; clear them first.");
            planned.Add(new Planned(fault, route) { Times = times, Skip = skip });
        }
    }

    /// <summary>Sets how often a fault happens at random, from 0 to 1. Of the faults that end a request, one happens at most.</summary>
    public void SetRate(Fault fault, double rate)
    {
        if (rate is not (>= 0 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(rate), rate, "A rate is from 0 to 1.");
        lock (sync)
            rates[fault] = rate;
    }

    /// <summary>Begins the random numbers anew.</summary>
    public void Reseed(int seed)
    {
        lock (sync)
            random = new Random(seed);
    }

    /// <summary>Ends all faults, those that are planned and those at random.</summary>
    public void Clear()
    {
        lock (sync)
        {
            planned.Clear();
            rates.Clear();
        }
    }

    /// <summary>How often each happened.</summary>
    public IReadOnlyDictionary<Fault, long> Counts
    {
        get
        {
            lock (sync)
                return new Dictionary<Fault, long>(counts);
        }
    }

    /// <summary>How often each happens at random.</summary>
    public IReadOnlyDictionary<Fault, double> Rates
    {
        get
        {
            lock (sync)
                return new Dictionary<Fault, double>(rates);
        }
    }

    /// <summary>The faults of one request; without an answer, those of webhooks alone.</summary>
    internal HashSet<Fault> Decide(string route, bool hasAnswer = true)
    {
        var decided = new HashSet<Fault>();
        lock (sync)
        {
            for (var i = 0; i < planned.Count; i++)
            {
                var plan = planned[i];
                if ((plan.Route != "*" && plan.Route != route)
                    || !(hasAnswer || IsOfWebhooks(plan.Fault))
                    || (EndsRequest(plan.Fault) && decided.Any(EndsRequest)))
                    continue;
                if (plan.Skip > 0)
                {
                    plan.Skip--;
                    continue;
                }
                decided.Add(plan.Fault);
                if (--plan.Times == 0)
                    planned.RemoveAt(i--);
            }
            foreach (var (fault, rate) in rates)
            {
                // Drawn for every fault, so that the sequence depends on the seed and the number of requests alone.
                if (random.NextDouble() < rate && (hasAnswer || IsOfWebhooks(fault)) && !(EndsRequest(fault) && decided.Any(EndsRequest)))
                    decided.Add(fault);
            }
        }
        return decided;
    }

    /// <summary>Counts a fault that came to pass.</summary>
    internal void Count(Fault fault)
    {
        lock (sync)
            counts[fault] = counts.GetValueOrDefault(fault) + 1;
    }

    private static bool EndsRequest(Fault fault) =>
        fault is Fault.TimeoutAfter or Fault.ErrorBefore or Fault.ErrorAfter or Fault.RateLimit or Fault.ResetBefore or Fault.ResetAfter;

    private static bool IsOfWebhooks(Fault fault) => fault >= Fault.WebhookDuplicated;

    private sealed class Planned(Fault fault, string route)
    {
        public Fault Fault => fault;

        public string Route => route;

        public int Times { get; set; }

        public int Skip { get; set; }
    }
}
