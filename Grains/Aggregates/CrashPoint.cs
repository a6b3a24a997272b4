namespace SoonShop.Aggregates;

/// <summary>
/// Named places at which a test can end the process as a power cut would: <c>SOONSHOP_CRASH_AT=order.placed</c>, or
/// <c>order.placed#3</c> for the third passage. Without the variable, passing one costs a comparison with null.
/// </summary>
public static class CrashPoint
{
    /// <summary>The environment variable that arms one point.</summary>
    public const string Variable = "SOONSHOP_CRASH_AT";

    /// <summary>Every point, in the order in which a checkout passes them.</summary>
    public static readonly IReadOnlyList<string> All =
    [
        "order.place.before-write", "order.placed",
        "inventory.before-write", "inventory.after-write",
        "order.reserved",
        "payment.attempt.before-write", "payment.attempt.written", "payment.provider.answered", "payment.outcome.written",
        "order.paid", "order.confirmed", "order.stock-committed", "order.cart-cleared", "order.before-answer",
    ];

    /// <summary>Those that only a second attempt, a refund, a capture, the provider's news or the end of an order of unknown outcome passes.</summary>
    public static readonly IReadOnlyList<string> Afterwards =
    [
        "payment.closed", "payment.provider.cancelled", "payment.provider.captured",
        "payment.refund.before-write", "payment.refund.written", "payment.provider.refunded",
        "payment.news.handling", "payment.stray.adopted", "payment.stray.written",
    ];

    /// <summary>Those that the erasure of an account passes, in their order.</summary>
    public static readonly IReadOnlyList<string> Erasure =
    [
        "erasure.begun", "erasure.cart", "erasure.payment-methods", "erasure.notifications", "erasure.orders", "erasure.mail", "erasure.email",
        "erasure.events", "erasure.completed",
    ];

    private static readonly (string Name, int Passage)? Armed = Parse(Environment.GetEnvironmentVariable(Variable));
    private static int passages;

    /// <summary>Ends the process if this point is armed.</summary>
    public static void Pass(string name)
    {
        if (Armed is { } armed && armed.Name == name && Interlocked.Increment(ref passages) == armed.Passage)
            Environment.FailFast($"Crash point {name} reached, as {Variable} asks.");
    }

    private static (string, int)? Parse(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return null;
        var parts = text.Split('#');
        return (parts[0], parts.Length > 1 && int.TryParse(parts[1], out var passage) ? passage : 1);
    }
}
