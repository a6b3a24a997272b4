using SoonShop.StripeTesting.Http;
using SoonShop.StripeTesting.Objects;

namespace SoonShop.StripeTesting;

/// <summary>All objects of one kind, in the order they were made. Used only while the account's lock is held.</summary>
/// <param name="what">As messages call the kind: <c>No such payment_intent: 'pi_1'</c>.</param>
/// <param name="limit">How many there may be.</param>
internal sealed class Store<T>(string what, int limit)
    where T : StripeObject
{
    private readonly List<T> inOrder = [];
    private readonly Dictionary<string, T> byId = new(StringComparer.Ordinal);

    /// <summary>The oldest first.</summary>
    public IReadOnlyList<T> All => inOrder;

    public T Add(T item)
    {
        if (inOrder.Count >= limit)
            throw StripeError.Failure($"The test server holds at most {limit} of each kind of object, and has as many {what}s. Raise "
                + "StripeServer:MaxObjects, or start it anew.");
        inOrder.Add(item);
        byId.Add(item.Id, item);
        return item;
    }

    public T? Find(string id) => byId.GetValueOrDefault(id);

    /// <summary>The object that a part of the URL names, under the name that errors give for it.</summary>
    public T InUrl(string id, string param) => Find(id) ?? throw StripeError.Missing(what, id, param, inUrl: true);

    /// <summary>The object that a parameter names.</summary>
    public T InParameter(string id, string param) => Find(id) ?? throw StripeError.Missing(what, id, param, inUrl: false);
}
