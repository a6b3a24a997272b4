using System.Collections.Frozen;
using System.Reflection;
using Orleans.Streams;

namespace SoonShop.Events;

/// <summary>One event handler: a grain class.</summary>
/// <param name="Name">Its grain type, such as <c>notification</c>, which failures, policies and metrics use as its name.</param>
/// <param name="Grain">The class.</param>
/// <param name="Events">The methods by event type.</param>
public sealed record EventHandlerType(string Name, Type Grain, FrozenDictionary<string, HandlerMethod> Events)
{
    private readonly IStreamNamespacePredicate[] namespaces =
        [.. Grain.GetCustomAttributes<ImplicitStreamSubscriptionAttribute>(inherit: true).Select(a => a.Predicate)];

    /// <summary>Returns the retry policies in the class's attributes.</summary>
    internal IEnumerable<RetryRule> RetryRules(EventTypes types) =>
        Grain.GetCustomAttributes<RetryAttribute>(inherit: true).Select(a => a.ToRule(Name, types));

    /// <summary>
    /// False for events that the handler does not handle. True for an unknown event type, because the handler or a newer silo may know it.
    /// </summary>
    internal bool Concerns(CloudEvent e, EventTypes types) => Events.ContainsKey(e.Type) || !types.Knows(e.Type);

    /// <summary>True when it subscribes to streams of this namespace.</summary>
    public bool SubscribesTo(string streamNamespace) => Array.Exists(namespaces, n => n.IsMatch(streamNamespace));
}

/// <summary>Calls the method of a handler for an event type.</summary>
public delegate Task HandlerMethod(object handler, IShopEvent e, EventContext context);

/// <summary>All event handlers of the shop: the grain classes that implement <see cref="IEventHandler"/>.</summary>
public sealed class EventHandlers
{
    private static readonly MethodInfo CallMethod = typeof(EventHandlers).GetMethod(
        nameof(Call), BindingFlags.NonPublic | BindingFlags.Static)!;

    private readonly FrozenDictionary<string, EventHandlerType> byName;

    /// <summary>Finds the handlers in these assemblies.</summary>
    /// <exception cref="InvalidOperationException">A handler has no <see cref="GrainTypeAttribute"/>.</exception>
    public EventHandlers(IEnumerable<Assembly> assemblies, EventTypes types) =>
        byName = assemblies.SelectMany(a => a.GetTypes())
            .Where(t =>
                t is { IsAbstract: false, IsClass: true } && t.IsAssignableTo(typeof(IEventHandler)) && t.IsAssignableTo(typeof(Grain)))
            .Select(t => new EventHandlerType(NameOf(t), t, MethodsOf(t, types)))
            .ToFrozenDictionary(h => h.Name);

    /// <summary>All handlers.</summary>
    public IReadOnlyList<EventHandlerType> All => byName.Values;

    /// <summary>Finds the handler with a grain type; null when there is none.</summary>
    public EventHandlerType? Find(string name) => byName.GetValueOrDefault(name);

    /// <summary>Returns the handlers that subscribe to streams of a namespace.</summary>
    public IEnumerable<EventHandlerType> Of(string streamNamespace) => All.Where(h => h.SubscribesTo(streamNamespace));

    private static string NameOf(Type type) =>
        type.GetCustomAttribute<GrainTypeAttribute>()?.GetGrainType(null!, type).ToString()
        ?? throw new InvalidOperationException(
            $"The event handler {type} needs a [GrainType(\"name\")]: its failures and policies use that name.");

    /// <summary>Maps event types to methods. A handler of an interface or base type handles every event of it.</summary>
    private static FrozenDictionary<string, HandlerMethod> MethodsOf(Type handler, EventTypes types)
    {
        var methods = new Dictionary<string, HandlerMethod>();
        var handled = handler.GetInterfaces().Where(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IHandle<>)).Select(i =>
            i.GetGenericArguments()[0]);
        // The exact type comes last, so that it takes precedence over a base type.
        foreach (var wanted in handled.OrderBy(t => !t.IsAbstract))
        {
            var method = CallMethod.MakeGenericMethod(wanted).CreateDelegate<HandlerMethod>();
            foreach (var (name, _) in types.All.Where(t => t.Value.IsAssignableTo(wanted)))
                methods[name] = method;
        }
        return methods.ToFrozenDictionary();
    }

    private static Task Call<TEvent>(object handler, IShopEvent e, EventContext context) where TEvent : IShopEvent =>
        ((IHandle<TEvent>)handler).HandleAsync((TEvent)e, context);
}
