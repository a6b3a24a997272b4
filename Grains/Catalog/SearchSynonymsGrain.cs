using SoonShop.Aggregates;
using SoonShop.Auditing;

namespace SoonShop.Catalog;

internal sealed class SearchSynonymsGrain(
    [PersistentState("search-synonyms")] IPersistentState<StateEnvelope<SearchSynonymsState>> storage, TimeProvider time,
    ISearchTerms terms)
    : AggregateGrain<SearchSynonymsState>(storage, time), ISearchSynonymsGrain
{
    private static readonly SearchSynonymsState None = new();

    protected override string Aggregate => "search-synonyms";

    protected override string StreamKeyOf(SearchSynonymsState state) => GrainKey;

    protected override object? IndexOf(SearchSynonymsState state) => SearchSynonymsIndex.Of(state);

    private SearchSynonymsState Current => State ?? None;

    Task<Result<Page<StoredSynonymSet>>> ISearchSynonymsGrain.ListAsync(PageRequest page) => Task.FromResult(Current.List(page));

    Task<Result<StoredSynonymSet>> ISearchSynonymsGrain.FindAsync(string id) => Task.FromResult(Find(id));

    async Task<Result<StoredSynonymSet>> ISearchSynonymsGrain.CreateAsync(SynonymSet set) =>
        await StoreAsync("search-synonyms.create", set, Current.Create(set, await KeysOfAsync(set), Now));

    async Task<Result<StoredSynonymSet>> ISearchSynonymsGrain.PutAsync(SynonymSet set, long? expectedVersion) =>
        await StoreAsync("search-synonyms.update", set, Current.Put(set, await KeysOfAsync(set), expectedVersion, Now));

    async Task<Result<Done>> ISearchSynonymsGrain.RemoveAsync(string id, long? expectedVersion)
    {
        var decision = Current.Remove(id, expectedVersion);
        if (decision.Error is { } error)
            return error;
        await CommitAsync(decision, Audit(new AuditEvent("search-synonyms.remove", SubjectOf(id)) { Before = Facts(Current.Find(id)) }));
        return default(Done);
    }

    private async Task<Result<StoredSynonymSet>> StoreAsync(string action, SynonymSet set, Decision<SearchSynonymsState> decision)
    {
        if (decision.Error is { } error)
            return error;
        await CommitAsync(
            decision,
            Audit(new AuditEvent(action, SubjectOf(set.Id))
            {
                Before = Facts(Current.Find(set.Id)),
                After = Facts(decision.State.Find(set.Id)),
            }));
        return Find(set.Id);
    }

    private Result<StoredSynonymSet> Find(string id) =>
        Current.Find(id) is { } known ? known.Stored : SearchSynonymsState.NotFound(id);

    private Task<IReadOnlyDictionary<string, string>> KeysOfAsync(SynonymSet set) =>
        terms.GetKeysAsync([.. set.Sources.Concat(set.Targets).Take(3 * SynonymSet.MaxTerms).Distinct()], CancellationToken.None);

    private static object? Facts(SynonymEntry? entry) =>
        entry is { Stored.Set: var set } ? new { set.Terms, set.From, set.To } : null;

    private static string SubjectOf(string id) => $"search-synonyms/{id}";
}
