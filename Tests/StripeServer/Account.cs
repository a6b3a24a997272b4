using System.Security.Cryptography;
using System.Text.Json.Nodes;
using SoonShop.StripeTesting.Http;
using SoonShop.StripeTesting.Objects;

namespace SoonShop.StripeTesting;

/// <summary>
/// The books: everything that exists, and what happened. Everything in it is used while <see cref="Sync"/> is held, and then not for long.
/// </summary>
internal sealed class Account(StripeServerOptions options, TimeProvider time)
{
    private const string Letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private readonly Dictionary<string, StripeEvent> events = new(StringComparer.Ordinal);
    private readonly List<StripeEvent> eventsInOrder = [];

    public Lock Sync { get; } = new();

    public StripeServerOptions Options => options;

    public Store<PaymentIntent> Intents { get; } = new("payment_intent", options.MaxObjects);

    public Store<Charge> Charges { get; } = new("charge", options.MaxObjects);

    public Store<Refund> Refunds { get; } = new("refund", options.MaxObjects);

    public Store<Dispute> Disputes { get; } = new("dispute", options.MaxObjects);

    public Store<Customer> Customers { get; } = new("customer", options.MaxObjects);

    public Store<PaymentMethod> Methods { get; } = new("PaymentMethod", options.MaxObjects);

    public Store<BalanceTransaction> Transactions { get; } = new("balance_transaction", options.MaxObjects * 2);

    /// <summary>
    /// What happened, the oldest first; of the oldest, those beyond the limit are forgotten, as Stripe forgets events after 30 days.
    /// </summary>
    public IReadOnlyList<StripeEvent> Events => eventsInOrder;

    /// <summary>How many webhooks want a type of event.</summary>
    public Func<string, int> CountTargets { get; init; } = _ => 0;

    /// <summary>Unix seconds.</summary>
    public long Now => time.GetUtcNow().ToUnixTimeSeconds();

    public StripeEvent? FindEvent(string id) => events.GetValueOrDefault(id);

    /// <summary>An id such as Stripe's: a prefix and 24 letters that nobody guesses.</summary>
    public static string NewId(string prefix) => $"{prefix}_{RandomNumberGenerator.GetString(Letters, 24)}";

    /// <summary>
    /// Notes that something happened to an object: an event with the object as it is now, and, where it was given as it had been, what
    /// changed. It is posted to the webhooks when the call is over.
    /// </summary>
    public void Emit(Call call, string type, StripeObject about, JsonObject? before = null)
    {
        var snapshot = about.Render();
        var data = new JsonObject();
        if (before is not null)
            data["previous_attributes"] = Changed(before, snapshot);
        data["object"] = snapshot;
        var json = Examples.Blank("event");
        var id = NewId("evt");
        json["id"] = id;
        json["api_version"] = options.ApiVersion;
        json["created"] = Now;
        json["data"] = data;
        json["livemode"] = false;
        json["pending_webhooks"] = CountTargets(type);
        json["request"] = new JsonObject
        {
            ["id"] = call.RequestId.Length > 0 ? call.RequestId : null,
            ["idempotency_key"] = call.IdempotencyKey,
        };
        json["type"] = type;
        var happened = new StripeEvent(id, Now, type, about.Id, StripeJson.Bytes(json));
        events.Add(id, happened);
        eventsInOrder.Add(happened);
        call.Events.Add(happened);
        if (eventsInOrder.Count > options.MaxEvents + options.MaxEvents / 10)
        {
            foreach (var old in eventsInOrder.Take(eventsInOrder.Count - options.MaxEvents))
                events.Remove(old.Id);
            eventsInOrder.RemoveRange(0, eventsInOrder.Count - options.MaxEvents);
        }
    }

    /// <summary>Books a movement on the balance.</summary>
    public BalanceTransaction Move(string type, long amount, string currency, string source)
    {
        // The standard fee of 2.9 % and 30 cents; it stays with Stripe when a charge is refunded.
        var fee = type == "charge" ? amount * 29 / 1000 + 30 : 0;
        return Transactions.Add(new BalanceTransaction(NewId("txn"), Now, type, amount, fee, currency, source));
    }

    private static JsonObject Changed(JsonObject before, JsonObject after)
    {
        var changed = new JsonObject();
        foreach (var (name, value) in before)
        {
            if (!JsonNode.DeepEquals(value, after[name]))
                changed[name] = value?.DeepClone();
        }
        return changed;
    }
}
