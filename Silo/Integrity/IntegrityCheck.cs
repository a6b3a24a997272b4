namespace SoonShop.Silo.Integrity;

/// <summary>
/// One thing that must be so, as a query for the rows that say otherwise. It answers two columns: which row, by the name under which
/// an operator finds it, and what is wrong with it.
/// </summary>
/// <param name="Name">A word for reports, metrics and the runbook.</param>
/// <param name="Promise">Which of the shop's promises it is part of; see <see cref="Promises"/>.</param>
/// <param name="Says">What must be so.</param>
/// <param name="Sql">The rows that break it, over the tables of <see cref="IntegrityFacts"/>.</param>
/// <param name="Remedy">What to do about such a row.</param>
internal sealed record IntegrityCheck(string Name, int Promise, string Says, string Sql, string Remedy)
{
    /// <summary>
    /// True where what is compared is committed together: then it holds at every moment, and not only once nothing is under way.
    /// </summary>
    public bool Always { get; init; }

    /// <summary>True where the query takes the names of this version's event handlers as <c>$1</c>.</summary>
    public bool TakesHandlers { get; init; }

    /// <summary>Every check there is, in the order in which reports list them.</summary>
    public static ImmutableArray<IntegrityCheck> All { get; } =
        [
            .. StockChecks.All, .. PromotionChecks.All, .. PaymentChecks.All, .. OrderChecks.All, .. QuoteChecks.All, .. EventChecks.All,
            .. AccountChecks.All,
        ];
}

/// <summary>What the shop promises, by number.</summary>
internal static class Promises
{
    public const int NoOversell = 1, Money = 2, NoLostOrder = 3, NoLostEvent = 4, Repeatable = 5, Privacy = 6;

    /// <summary>A promise in a few words.</summary>
    public static string NameOf(int promise) => promise switch
    {
        NoOversell => "no oversell",
        Money => "no double charge, no lost money",
        NoLostOrder => "no lost order",
        NoLostEvent => "no lost event",
        Repeatable => "every command can be sent twice",
        _ => "nobody sees what is not theirs",
    };

    /// <summary>A promise as a metric's label.</summary>
    public static string LabelOf(int promise) => promise switch
    {
        NoOversell => "no_oversell",
        Money => "no_lost_money",
        NoLostOrder => "no_lost_order",
        NoLostEvent => "no_lost_event",
        Repeatable => "repeatable",
        _ => "privacy",
    };
}
