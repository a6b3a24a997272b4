namespace SoonShop.Pricing;

/// <summary>
/// Chooses among promotions that exclude each other. Of all sets that no further candidate can stand with, it takes the one with which
/// goods and shipping cost the least before tax, gifts counting as their value. Of sets that cost the same it takes the one whose effective
/// promotions come first by id.
/// </summary>
/// <remarks>
/// Whether two promotions stand together depends only on their stages and on the stages that they allow. Promotions that are equal in both
/// are one class, of which either all stand together or only one. So sets are found among at most 24 classes.
/// </remarks>
internal sealed class PromotionChoice
{
    /// <summary>The most promotions of a class that are compared when there are too many sets: those that are best alone.</summary>
    private const int MaxOfClass = 10;

    private readonly PromotionSelection selection;
    private readonly PromotionRun run;
    private readonly List<List<int>> classes = [];
    private readonly List<uint> neighbours = [];
    private readonly List<uint> cliques = [];
    private readonly int[] set;
    private int combinations;
    private long bestCost = long.MaxValue;
    private int[] best = [];
    private string[]? bestIds;

    private PromotionChoice(PromotionSelection selection, PromotionRun run)
    {
        (this.selection, this.run) = (selection, run);
        set = new int[selection.Candidates.Length];
    }

    /// <summary>Returns the chosen candidates, ascending.</summary>
    public static int[] Of(PromotionSelection selection, PromotionRun run)
    {
        if (AllStandTogether(selection.Candidates))
        {
            var all = new int[selection.Candidates.Length];
            for (var i = 0; i < all.Length; i++)
                all[i] = i;
            return all;
        }
        var choice = new PromotionChoice(selection, run);
        choice.Classify();
        choice.AddCliques(0, (1u << choice.classes.Count) - 1, 0);
        choice.Limit();
        foreach (var clique in choice.cliques)
            choice.TryMembers(clique, 0);
        return choice.best;
    }

    private static bool AllStandTogether(ReadOnlySpan<PromotionCandidate> candidates)
    {
        var (present, allowed) = (PromotionStages.None, PromotionStages.All);
        for (var i = 0; i < candidates.Length; i++)
        {
            present |= candidates[i].Promotion.Stage;
            allowed &= candidates[i].Promotion.Rule.Combines;
        }
        return candidates.Length <= 1 || (present & ~allowed) == 0;
    }

    private CompiledPromotion First(List<int> members) => selection.Candidates[members[0]].Promotion;

    /// <summary>True when only one promotion of the class can apply.</summary>
    private bool IsAlone(List<int> members) => (First(members).Rule.Combines & First(members).Stage) == 0;

    private void Classify()
    {
        for (var i = 0; i < selection.Candidates.Length; i++)
        {
            var promotion = selection.Candidates[i].Promotion;
            var at = classes.FindIndex(c => First(c).Stage == promotion.Stage && First(c).Rule.Combines == promotion.Rule.Combines);
            if (at < 0)
                classes.Add([i]);
            else
                classes[at].Add(i);
        }
        for (var i = 0; i < classes.Count; i++)
        {
            var mask = 0u;
            for (var other = 0; other < classes.Count; other++)
            {
                if (other != i && First(classes[i]).StandsWith(First(classes[other])))
                    mask |= 1u << other;
            }
            neighbours.Add(mask);
        }
    }

    /// <summary>Finds the maximal sets of classes that stand together (Bron and Kerbosch, 1973).</summary>
    private void AddCliques(uint chosen, uint possible, uint done)
    {
        if (possible == 0 && done == 0)
            cliques.Add(chosen);
        for (; possible != 0;)
        {
            var next = System.Numerics.BitOperations.TrailingZeroCount(possible);
            var bit = 1u << next;
            AddCliques(chosen | bit, possible & neighbours[next], done & neighbours[next]);
            possible &= ~bit;
            done |= bit;
        }
    }

    /// <summary>Shortens the classes of which only one promotion can apply when there are too many sets to compare.</summary>
    private void Limit()
    {
        var sets = 0L;
        foreach (var clique in cliques)
        {
            var product = 1L;
            for (var rest = clique; rest != 0; rest &= rest - 1)
            {
                var members = classes[System.Numerics.BitOperations.TrailingZeroCount(rest)];
                product *= IsAlone(members) ? members.Count : 1;
            }
            sets += product;
        }
        if (sets <= PricingLimits.MaxCombinations)
            return;
        foreach (var members in classes.Where(c => c.Count > MaxOfClass && IsAlone(c)))
        {
            var order = members.ToDictionary(m => m, m => (Cost: run.Apply([m]), selection.Candidates[m].Promotion.Rule.Id));
            members.Sort((a, b) => order[a].Cost != order[b].Cost
                ? order[a].Cost.CompareTo(order[b].Cost) : string.CompareOrdinal(order[a].Id, order[b].Id));
            members.RemoveRange(MaxOfClass, members.Count - MaxOfClass);
        }
    }

    /// <summary>Tries all sets of a clique: of some classes all members, of others one.</summary>
    private void TryMembers(uint clique, int count)
    {
        if (combinations >= PricingLimits.MaxCombinations)
            return;
        if (clique == 0)
        {
            combinations++;
            TrySet(count);
            return;
        }
        var members = classes[System.Numerics.BitOperations.TrailingZeroCount(clique)];
        clique &= clique - 1;
        if (IsAlone(members))
        {
            foreach (var member in members)
            {
                set[count] = member;
                TryMembers(clique, count + 1);
            }
        }
        else
        {
            members.CopyTo(set, count);
            TryMembers(clique, count + members.Count);
        }
    }

    private void TrySet(int count)
    {
        Span<int> sorted = count <= 64 ? stackalloc int[count] : new int[count];
        set.AsSpan(0, count).CopyTo(sorted);
        sorted.Sort();
        var cost = run.Apply(sorted);
        if (cost > bestCost)
            return;
        var ids = cost == bestCost ? EffectiveIds(sorted) : null;
        if (ids is not null)
        {
            if (bestIds is null)
            {
                run.Apply(best);
                bestIds = EffectiveIds(best);
            }
            if (Compare(ids, bestIds) >= 0)
                return;
        }
        (bestCost, best, bestIds) = (cost, sorted.ToArray(), ids);
    }

    private string[] EffectiveIds(ReadOnlySpan<int> of)
    {
        var ids = new List<string>();
        foreach (var candidate in of)
        {
            if (run.Applies(candidate))
                ids.Add(selection.Candidates[candidate].Promotion.Rule.Id);
        }
        ids.Sort(StringComparer.Ordinal);
        return [.. ids];
    }

    private static int Compare(string[] ids, string[] others)
    {
        for (var i = 0; i < ids.Length && i < others.Length; i++)
        {
            if (string.CompareOrdinal(ids[i], others[i]) is not 0 and var order)
                return order;
        }
        return ids.Length.CompareTo(others.Length);
    }
}
