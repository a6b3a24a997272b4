using System.Collections.Frozen;
using System.Reflection;
using Orleans.Streams;

namespace SoonShop.Events;

/// <summary>One kind of event handler: a grain class.</summary>
/// <param name="Name">Its grain type, such as <c>notification</c>; failures, policies and metrics call it so.</param>
/// <param name="Grain">The class.</param>
/// <param name="Events">What it handles, by event type.</param>
public sealed record EventHandlerType(string Name, Type Grain, FrozenDictionary<string, HandlerMethod> Events)
{
    private readonly IStreamNamespacePredicate[] namespaces =
        [.. Grain.GetCustomAttributes<ImplicitStreamSubscriptionAttribute>(inherit: true).Select(a => a.Predicate)];

    /// <summary>The retry policies that stand on the class.</summary>
    internal IEnumerable<RetryRule> RetryRules(EventTypes types) => Grain.GetCustomAttributes<RetryAttribute>(inherit: true).Select(a => a.ToRule(Name, types));

    /// <summary>False for what it does not handle. Of a type that is not known here, nobody knows: the handler says so, or a newer silo's can.</summary>
    internal bool Concerns(CloudEvent e, EventTypes types) => Events.ContainsKey(e.Type) || !types.Knows(e.Type);

    /// <summary>True when it subscribes to streams of this namespace.</summary>
    public bool SubscribesTo(string streamNamespace) => Array.Exists(namespaces, n => n.IsMatch(streamNamespace));
}

/// <summary>Calls the method of a handler that takes an event of a certain type.</summary>
public delegate Task HandlerMethod(object handler, IShopEvent e, EventContext context);

/// <summary>Every event handler of the shop, found by its class: a grain that implements <see cref="IEventHandler"/>.</summary>
public sealed class EventHandlers
{
    private static readonly MethodInfo CallMethod = typeof(EventHandlers).GetMethod(nameof(Call), BindingFlags.NonPublic | BindingFlags.Static)!;

    private readonly FrozenDictionary<string, EventHandlerType> byName;

    /// <summary>The handlers of these assemblies.</summary>
    /// <exception cref="InvalidOperationException">A handler has no <see cref="GrainTypeAttribute"/>.</exception>
    public EventHandlers(IEnumerable<Assembly> assemblies, EventTypes types) =>
        byName = assemblies.SelectMany(a => a.GetTypes())
            .Where(t => t is { IsAbstract: false, IsClass: true } && t.IsAssignableTo(typeof(IEventHandler)) && t.IsAssignableTo(typeof(Grain)))
            .Select(t => new EventHandlerType(NameOf(t), t, MethodsOf(t, types)))
            .ToFrozenDictionary(h => h.Name);

    /// <summary>All of them.</summary>
    public IReadOnlyList<EventHandlerType> All => byName.Values;

    /// <summary>The handler of a grain type; null when there is none.</summary>
    public EventHandlerType? Find(string name) => byName.GetValueOrDefault(name);

    /// <summary>Those that subscribe to streams of a namespace.</summary>
    public IEnumerable<EventHandlerType> Of(string streamNamespace) => All.Where(h => h.SubscribesTo(streamNamespace));

    private static string NameOf(Type type) =>
        type.GetCustomAttribute<GrainTypeAttribute>()?.GetGrainType(null!, type).ToString()
        ?? throw new InvalidOperationException($"The event handler {type} needs a [GrainType(\"name\")]: its failures and policies go by that name.");

    /// <summary>A handler of an interface or base type handles every event of it.</summary>
    private static FrozenDictionary<string, HandlerMethod> MethodsOf(Type handler, EventTypes types)
    {
        var methods = new Dictionary<string, HandlerMethod>();
        var handled = handler.GetInterfaces().Where(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IHandle<>)).Select(i => i.GetGenericArguments()[0]);
        // The exact type last, so that it wins over a base type.
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
