namespace SoonShop.Auditing;

/// <summary>
/// Limits the audit entries of failed attempts: at most two entries a minute per kind and address. The first is written at once, the second
/// contains the number of further attempts. Beyond a limit of addresses, attempts are counted together. Thread-safe.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="maxKeys">The most combinations of kind and address that are distinguished at a time.</param>
public sealed class AuditEventBuffer(TimeProvider time, int maxKeys = AuditEventBuffer.DefaultMaxKeys)
{
    /// <summary>The default for the most distinguished combinations of kind and address.</summary>
    public const int DefaultMaxKeys = 1000;

    /// <summary>The most subjects that an entry names.</summary>
    private const int MaxSubjects = 10;

    /// <summary>Replaces the address of attempts that are counted together.</summary>
    private const string ManyAddresses = "many";

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly Lock turn = new();
    private readonly Dictionary<(string Action, AuditOutcome Outcome, string Address), Bucket> open = [];

    /// <summary>Counts one attempt.</summary>
    public void Add(string action, string subject, AuditOutcome outcome, Origin origin)
    {
        lock (turn)
        {
            var key = (action, outcome, origin.Address ?? "");
            if (!open.ContainsKey(key) && open.Count >= maxKeys)
                (key, origin) = ((action, outcome, ManyAddresses), origin with { Address = ManyAddresses, UserAgent = null });
            if (!open.TryGetValue(key, out var series))
                open[key] = series = new Bucket(time.GetUtcNow() + Window);
            series.Origin = series.Count++ == 0 ? origin : series.Origin;
            if (series.Subjects.Count < MaxSubjects && !series.Subjects.Contains(subject))
                series.Subjects.Add(subject);
        }
    }

    /// <summary>Returns the entries to write now: the first of each series, and the rest of series whose minute has passed.</summary>
    public IReadOnlyList<(AuditEvent Act, Origin Origin)> Drain(bool all = false)
    {
        lock (turn)
        {
            var due = new List<(AuditEvent, Origin)>();
            var now = time.GetUtcNow();
            foreach (var (key, series) in open.ToArray())
            {
                var isOver = all || series.Until <= now;
                if (series.Count > 0 && (isOver || !series.HasBegun))
                {
                    due.Add((new AuditEvent(key.Action, series.Subjects[0])
                    {
                        Outcome = key.Outcome,
                        Count = series.Count,
                        Details = series.Subjects.Count > 1 ? new { series.Subjects } : null,
                    }, series.Origin!));
                    (series.Count, series.HasBegun) = (0, true);
                    series.Subjects = [];
                }
                if (isOver)
                    open.Remove(key);
            }
            return due;
        }
    }

    private sealed class Bucket(DateTimeOffset until)
    {
        public DateTimeOffset Until => until;
        public Origin? Origin { get; set; }
        public int Count { get; set; }
        public bool HasBegun { get; set; }
        public List<string> Subjects { get; set; } = [];
    }
}
