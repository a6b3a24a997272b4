using System.Text.Json;
using SoonShop.Aggregates;
using SoonShop.Inventory;

namespace SoonShop.Pricing;

/// <summary>
/// The decisions about pricing rules: which change leads to which snapshot. Every change gets the next version, and is allowed only when
/// the snapshot that it leads to is valid as a whole.
/// </summary>
public sealed record PricingRulesState
{
    /// <summary>How many rules that use another one are named in an error.</summary>
    private const int MaxNamed = 10;

    /// <summary>The rules in force. The default location is always one of them.</summary>
    public required PricingRules Rules
    {
        get;
        init => field = value with { Locations = Location.WithDefault(value.Locations) };
    }

    /// <summary>Archived rules, in the lists of their kinds. The other members have no meaning.</summary>
    public PricingRules Archived { get; init; } = new();

    /// <summary>
    /// What is known of each rule besides its content, by kind and id. A rule of the configuration that was never changed is not in it.
    /// </summary>
    public ImmutableDictionary<string, RuleRecord> Records { get; init; } = ImmutableDictionary<string, RuleRecord>.Empty;

    /// <summary>Returns the state before the first change.</summary>
    /// <param name="configured">The rules of the configuration.</param>
    public static PricingRulesState Of(PricingRules configured) => new() { Rules = configured with { Version = 0 } };

    /// <summary>Adds a rule.</summary>
    public Decision<PricingRulesState> Create(PricingRule rule, DateTimeOffset now)
    {
        var list = RuleList.Of(rule.Kind);
        if (list.Find(Rules, rule.Id) is { } known)
        {
            return RuleList.AreSame(known, rule with { Position = rule.Position ?? known.Position })
                ? Decision<PricingRulesState>.NoChange(this)
                : Error.Of(ErrorCode.Conflict, "error.rule-exists", $"The {list.Noun} {rule.Id} already exists. Change it with PUT.");
        }
        if (list.Find(Archived, rule.Id) is not null)
        {
            return Error.Of(
                ErrorCode.Conflict, "error.rule-archived",
                $"The {list.Noun} {rule.Id} is archived. Restore it with PUT, or use another id.");
        }
        return Change(list, rule, now);
    }

    /// <summary>Replaces a rule, or restores an archived one.</summary>
    public Decision<PricingRulesState> Put(PricingRule rule, long? expectedVersion, DateTimeOffset now)
    {
        var list = RuleList.Of(rule.Kind);
        var known = list.Find(Rules, rule.Id);
        if (known is null && list.Find(Archived, rule.Id) is null)
            return NotFound(rule.Kind, rule.Id);
        if (expectedVersion is { } expected && expected != VersionOf(rule.Kind, rule.Id))
            return Error.PreconditionFailed();
        return known is not null && RuleList.AreSame(known, rule with { Position = rule.Position ?? known.Position })
            ? Decision<PricingRulesState>.NoChange(this)
            : Change(list, rule, now);
    }

    /// <summary>Takes a rule out of force.</summary>
    public Decision<PricingRulesState> Archive(PricingRuleKind kind, string id, long? expectedVersion, DateTimeOffset now)
    {
        var list = RuleList.Of(kind);
        var known = list.Find(Rules, id);
        if (kind == PricingRuleKind.TaxSettings || (known is null && list.Find(Archived, id) is null))
            return NotFound(kind, id);
        if (expectedVersion is { } expected && expected != VersionOf(kind, id))
            return Error.PreconditionFailed();
        if (kind == PricingRuleKind.Location && id == Location.DefaultId)
        {
            return Error.Of(
                ErrorCode.Conflict, "error.default-location", "The default location cannot be archived. Switch it off instead.");
        }
        if (known is null)
            return Decision<PricingRulesState>.NoChange(this);
        if (kind == PricingRuleKind.Location && !list.Remove(Rules, id).Locations.Any(l => l.Enabled))
            return Error.Of(ErrorCode.Conflict, "error.last-location", "No other location sells. Switch one on first.");
        var users = RuleUse.Of(Rules, kind, id).Take(MaxNamed + 1).ToArray();
        if (users.Length > 0)
        {
            var named = string.Join(", ", users.Take(MaxNamed)) + (users.Length > MaxNamed ? ", …" : "");
            return Error.Of(
                ErrorCode.Conflict, "error.rule-used", $"The {list.Noun} {id} is still used by {named}. Change or archive them first.");
        }
        var version = Rules.Version + 1;
        var next = this with
        {
            Rules = list.Remove(Rules, id) with { Version = version },
            Archived = list.Put(Archived, known with { Position = null }),
            Records = Records.SetItem(KeyOf(kind, id), new RuleRecord(version, CreatedAtOf(known, now), now, now)),
        };
        return Decision<PricingRulesState>.To(next.Prune(list), new PricingRulesChanged(version, kind, id));
    }

    /// <summary>Returns a rule with what is known of it, also an archived one; null when it does not exist.</summary>
    public StoredRule? Find(PricingRuleKind kind, string id, DateTimeOffset now)
    {
        var list = RuleList.Of(kind);
        return list.Find(Rules, id) is { } known ? ToView(known, isArchived: false, now)
            : list.Find(Archived, id) is { } archived ? ToView(archived, isArchived: true, now)
            : null;
    }

    /// <summary>Returns the rules of a kind by id. Those with a status, or all that are not archived.</summary>
    public IEnumerable<StoredRule> List(PricingRuleKind kind, PricingRuleStatus? status, DateTimeOffset now)
    {
        var isArchived = status == PricingRuleStatus.Archived;
        return RuleList.Of(kind).In(isArchived ? Archived : Rules).Select(rule => ToView(rule, isArchived, now))
            .Where(rule => status is null || rule.Status == status).OrderBy(rule => rule.Rule.Id, StringComparer.Ordinal);
    }

    /// <summary>Returns the error for a rule that does not exist.</summary>
    public static Error NotFound(PricingRuleKind kind, string id) =>
        Error.NotFound("not-found.rule", $"The {RuleList.Of(kind).Noun} {id} was not found.");

    private Decision<PricingRulesState> Change(RuleList list, PricingRule rule, DateTimeOffset now)
    {
        var version = Rules.Version + 1;
        var rules = list.Put(Rules, rule) with { Version = version };
        if (ChangedRuleProblems.Of(rules, list, rule, list.Find(Rules, rule.Id)) is { Count: > 0 } problems)
            return Error.Invalid(problems);
        if (SizeOf(rules) > PricingRuleLimits.MaxBytes)
        {
            return Error.Of(
                ErrorCode.Conflict, "error.rules-size",
                $"All rules together would exceed {PricingRuleLimits.MaxBytes / 1024 / 1024} MiB. Archive some first.");
        }
        var record = new RuleRecord(version, CreatedAtOf(rule, now), now, null);
        return Decision<PricingRulesState>.To(
            this with
            {
                Rules = rules,
                Archived = list.Kind != PricingRuleKind.TaxSettings && list.Find(Archived, rule.Id) is not null
                    ? list.Remove(Archived, rule.Id) : Archived,
                Records = Records.SetItem(KeyOf(rule.Kind, rule.Id), record),
            },
            new PricingRulesChanged(version, rule.Kind, rule.Id));
    }

    /// <summary>Returns when a rule that changes now was created: now for a new one, null for one of the configuration.</summary>
    private DateTimeOffset? CreatedAtOf(PricingRule rule, DateTimeOffset now) =>
        Records.TryGetValue(KeyOf(rule.Kind, rule.Id), out var record) ? record.CreatedAt
        : RuleList.Of(rule.Kind).Find(Rules, rule.Id) is null ? now
        : null;

    /// <summary>Removes the archived rules beyond the limits, those that were archived first.</summary>
    private PricingRulesState Prune(RuleList list)
    {
        var next = this;
        while (list.In(next.Archived).Count() > PricingRuleLimits.MaxArchived)
            next = next.RemoveOldest(list);
        while (SizeOf(next.Archived) > PricingRuleLimits.MaxBytes && list.In(next.Archived).Count() > 1)
            next = next.RemoveOldest(list);
        return next;
    }

    private PricingRulesState RemoveOldest(RuleList list)
    {
        var oldest = list.In(Archived).MinBy(rule => (Records[KeyOf(rule.Kind, rule.Id)].ArchivedAt, rule.Id))!;
        return this with { Archived = list.Remove(Archived, oldest.Id), Records = Records.Remove(KeyOf(oldest.Kind, oldest.Id)) };
    }

    private long VersionOf(PricingRuleKind kind, string id) => Records.GetValueOrDefault(KeyOf(kind, id))?.Version ?? 0;

    private StoredRule ToView(PricingRule rule, bool isArchived, DateTimeOffset now)
    {
        var record = Records.GetValueOrDefault(KeyOf(rule.Kind, rule.Id));
        var status = isArchived ? PricingRuleStatus.Archived : RuleTimes.StatusOf(rule.Content, now);
        return new StoredRule(
            isArchived ? rule with { Position = null } : rule, record?.Version ?? 0, status, record?.CreatedAt, record?.ChangedAt,
            record?.ArchivedAt);
    }

    private static string KeyOf(PricingRuleKind kind, string id) => PricingRule.SubjectOf(kind, id);

    private static int SizeOf(PricingRules rules) => JsonSerializer.SerializeToUtf8Bytes(rules, StateJson.Options).Length;
}

/// <summary>What is known of a rule besides its content.</summary>
/// <param name="Version">The version of the rules with which it last changed.</param>
/// <param name="CreatedAt">When it was created; null for a rule of the configuration.</param>
/// <param name="ChangedAt">When it last changed.</param>
/// <param name="ArchivedAt">When it was archived; null while it is in force.</param>
public sealed record RuleRecord(long Version, DateTimeOffset? CreatedAt, DateTimeOffset ChangedAt, DateTimeOffset? ArchivedAt);
