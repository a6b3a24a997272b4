namespace SoonShop.Aggregates;

/// <summary>
/// Named places at which a test can kill the process. <c>SOONSHOP_CRASH_FILE</c> names a file with the name of a point:
/// <c>order.placed</c>, or <c>order.placed#3</c> for the third pass. The file may be created, changed and deleted while the process runs.
/// Without the variable, passing a point costs two comparisons with null.
/// </summary>
public static class CrashPoint
{
    /// <summary>The environment variable that names the file.</summary>
    public const string Variable = "SOONSHOP_CRASH_FILE";

    /// <summary>Every point of a checkout with a promotion, in order.</summary>
    public static readonly IReadOnlyList<string> All =
    [
        "order.place.before-write", "order.placed",
        "inventory.before-write", "inventory.after-write",
        "order.reserved",
        "payment.provider.answered", "payment.outcome.written",
        "order.paid", "order.confirmed", "order.promotions-committed", "order.cart-cleared", "order.before-answer",
    ];

    /// <summary>
    /// Points passed only by a second attempt, a refund, a capture, a payment update or the end of an order of unknown outcome.
    /// </summary>
    public static readonly IReadOnlyList<string> Afterwards =
    [
        "payment.attempt.before-write", "payment.attempt.written", "payment.closed", "payment.provider.cancelled",
        "payment.provider.captured", "payment.refund.before-write", "payment.refund.written", "payment.provider.refunded",
        "payment.news.handling", "payment.stray.adopted", "payment.stray.written",
        "order.refund.written", "order.refund.answered", "order.refund.done", "order.stock-settled",
    ];

    /// <summary>Points passed only when an earlier order of the same cart is ended.</summary>
    public static readonly IReadOnlyList<string> Superseding = ["order.superseded", "order.superseded.ended"];

    /// <summary>Points of the sending of a draft order, in order. Those of its order's placement come between the first two.</summary>
    public static readonly IReadOnlyList<string> DraftOrders = ["draft-order.begun", "draft-order.placed", "draft-order.sent"];

    /// <summary>
    /// Points of an exchange, in order. Those of the new order's placement come after the second.
    /// </summary>
    public static readonly IReadOnlyList<string> Exchanges =
    [
        "order.exchange.written", "payment.credit.held", "order.exchange.held", "order.exchange.placed", "payment.credit.ended",
        "order.exchange.ended",
    ];

    /// <summary>Points passed by a movement of a promotion's uses, in order.</summary>
    public static readonly IReadOnlyList<string> Promotions = ["promotion.before-write", "promotion.after-write"];

    /// <summary>Points of the erasure of an account, in order.</summary>
    public static readonly IReadOnlyList<string> Erasure =
    [
        "erasure.begun", "erasure.cart", "erasure.payment-methods", "erasure.notifications", "erasure.draft-orders", "erasure.orders",
        "erasure.mail", "erasure.email", "erasure.events", "erasure.completed",
    ];

    /// <summary>
    /// Points of a change of e-mail address, in order: when it is confirmed, when it is undone, or when the time to undo it has passed.
    /// </summary>
    public static readonly IReadOnlyList<string> EmailChange =
    [
        "email-change.reserved", "email-change.confirmed", "email-change.undone", "email-change.claimed", "email-change.released",
        "email-change.settled",
    ];

    /// <summary>Points passed by each batch of an import, in order.</summary>
    public static readonly IReadOnlyList<string> Imports = ["import.planned", "import.before-commit", "import.committed"];

    /// <summary>Points passed by each new product of an import.</summary>
    public static readonly IReadOnlyList<string> NewProducts = ["import.stock-added"];

    /// <summary>Points passed by each new customer of an import.</summary>
    public static readonly IReadOnlyList<string> NewCustomers = ["user-import.created"];

    /// <summary>Points passed by an event each time a handler has processed it.</summary>
    public static readonly IReadOnlyList<string> Events = ["event.handled"];

    /// <summary>
    /// Points of the exchange with a message broker: when it has confirmed events, and when the event of one of its messages is committed.
    /// </summary>
    public static readonly IReadOnlyList<string> Broker = ["rabbitmq.confirmed", "rabbitmq.inbox.committed"];

    private static readonly string? File = Environment.GetEnvironmentVariable(Variable);
    private static readonly Lock Gate = new();
    private static (string Text, Arming? Point) armed = ("", null);

    /// <summary>Called at every point. A test that runs silos in its own process sets it and throws where a silo is to die.</summary>
    internal static Action<string>? Passing { get; set; }

    /// <summary>Ends the process if this point is armed.</summary>
    public static void Pass(string name)
    {
        Passing?.Invoke(name);
        if (File is not null && Read(File)?.IsReachedBy(name) == true)
            Environment.FailFast($"Crash point {name} reached, as {File} asks.");
    }

    private static Arming? Read(string file)
    {
        var text = System.IO.File.Exists(file) ? System.IO.File.ReadAllText(file).Trim() : "";
        lock (Gate)
        {
            if (text != armed.Text)
                armed = (text, Arming.Parse(text));
            return armed.Point;
        }
    }

    /// <summary>One point, and the number of its passes so far.</summary>
    internal sealed class Arming(string name, int passage)
    {
        private int passages;

        /// <summary>Reads <c>order.placed</c> or <c>order.placed#3</c>; null for an empty text.</summary>
        public static Arming? Parse(string text)
        {
            if (text.Length == 0)
                return null;
            var parts = text.Split('#');
            return new Arming(parts[0], parts.Length > 1 && int.TryParse(parts[1], out var passage) ? passage : 1);
        }

        /// <summary>Counts a pass. True when it is the one at which to end the process.</summary>
        public bool IsReachedBy(string point) => point == name && Interlocked.Increment(ref passages) == passage;
    }
}
