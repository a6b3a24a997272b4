namespace SoonShop.Aggregates;

/// <summary>
/// Named places at which a test can end the process as a power cut would. <c>SOONSHOP_CRASH_FILE</c> names a file in which one stands:
/// <c>order.placed</c>, or <c>order.placed#3</c> for the third passage. The file may come, change and go while the process runs. Without
/// the variable, passing a point costs two comparisons with null.
/// </summary>
public static class CrashPoint
{
    /// <summary>The environment variable that names the file.</summary>
    public const string Variable = "SOONSHOP_CRASH_FILE";

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
        "order.refund.written", "order.refund.answered", "order.refund.done", "order.stock-returned",
    ];

    /// <summary>Those that only the end of an earlier order of the same cart passes.</summary>
    public static readonly IReadOnlyList<string> Superseding = ["order.superseded", "order.superseded.ended"];

    /// <summary>Those that the erasure of an account passes, in their order.</summary>
    public static readonly IReadOnlyList<string> Erasure =
    [
        "erasure.begun", "erasure.cart", "erasure.payment-methods", "erasure.notifications", "erasure.orders", "erasure.mail", "erasure.email",
        "erasure.events", "erasure.completed",
    ];

    /// <summary>
    /// Those that a change of e-mail address passes, in their order: when it is confirmed, and when it is undone or its undo has run out.
    /// </summary>
    public static readonly IReadOnlyList<string> EmailChange =
    [
        "email-change.reserved", "email-change.confirmed", "email-change.undone", "email-change.claimed", "email-change.released",
        "email-change.settled",
    ];

    /// <summary>Those that an event passes each time that a handler is done with it.</summary>
    public static readonly IReadOnlyList<string> Events = ["event.handled"];

    private static readonly string? File = Environment.GetEnvironmentVariable(Variable);
    private static readonly Lock Gate = new();
    private static (string Text, Arming? Point) armed = ("", null);

    /// <summary>Is called at every point. A test that runs silos in its own process sets it, and throws where a silo is to die.</summary>
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

    /// <summary>One point, and how often it has been passed.</summary>
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

        /// <summary>Counts a passage; answers whether it is the one at which to die.</summary>
        public bool IsReachedBy(string point) => point == name && Interlocked.Increment(ref passages) == passage;
    }
}
